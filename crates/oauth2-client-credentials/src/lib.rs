//! oauth2-client-credentials.
