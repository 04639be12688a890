//! A credential for programs that run for long: a secret or an assertion that is replaced in its file is read anew.

use oauth2_client_credentials::{ClientSecretPost, Material};
use tower_oauth2_client_credentials::Credential;

use super::{
    client::{Candidates, basic},
    method::Method,
    options::Options,
};

impl Candidates {
    /// The client by the method that was named, or else by the best material it has; where that is a secret, the issuer's metadata may
    /// say how it is shown. Whose only chance may be the second best names its method.
    pub(crate) fn into_credential(self, options: &Options) -> Credential {
        let is_best =
            |material: fn(&Material) -> bool| self.materials.first().is_some_and(material);
        if let Some(path) = &options.assertion_file
            && (self.named.is_some() || is_best(|best| !matches!(best, Material::Certificate)))
            && options
                .auth
                .is_none_or(|method| method == Method::PrivateKeyJwt)
        {
            return Credential::assertion_file(self.client_id, path);
        }
        let is_by_secret = match options.auth {
            Some(method) => {
                method == Method::ClientSecretBasic || method == Method::ClientSecretPost
            }
            None => options.key_file.is_none() && options.cert_file.is_none(),
        };
        if let Some(path) = options.client_secret_file.as_ref().filter(|_| is_by_secret) {
            let options = options.clone();
            return match options.auth {
                Some(Method::ClientSecretPost) => {
                    Credential::secret_file(self.client_id, path, ClientSecretPost::new)
                }
                Some(_) => Credential::secret_file(self.client_id, path, move |secret| {
                    basic(&options, &secret)
                }),
                None => Credential::secret_file(self.client_id, path, move |secret| {
                    Material::from(basic(&options, &secret))
                }),
            };
        }
        match (self.named, self.materials.into_iter().next()) {
            (None, Some(best)) => Credential::from_material(self.client_id, best),
            (Some(client), _) => Credential::new(client),
            // Candidates without either are refused when they are read.
            (None, None) => Credential::from_material(self.client_id, Material::Certificate),
        }
    }
}
