//! tower-oauth2-client-credentials.
