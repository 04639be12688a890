//! oauth2-client-credentials-testkit.
