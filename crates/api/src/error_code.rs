//! The codes of errors, as EMQX has them: scripts act upon them.

use axum::http::StatusCode;

/// Makes the enum, and the table that says everything about its members.
macro_rules! error_codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $status:ident;)+) => {
        /// What kind of error it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ $name,)+
        }

        impl ErrorCode {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// `BAD_REQUEST`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }

            /// What it means, for people.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),+),)+
                }
            }

            /// The status that answers with this code have, where nothing else is said.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self {
                    $(Self::$name => StatusCode::$status,)+
                }
            }
        }
    };
}

error_codes! {
    /// The request is not understood.
    BadRequest = "BAD_REQUEST", BAD_REQUEST;
    /// What is asked for is not there.
    NotFound = "NOT_FOUND", NOT_FOUND;
    /// There is one already.
    AlreadyExists = "ALREADY_EXISTS", BAD_REQUEST;
    /// The configuration is not good.
    BadConfigSchema = "BAD_CONFIG_SCHEMA", BAD_REQUEST;
    /// No listener has such an id.
    BadListenerId = "BAD_LISTENER_ID", BAD_REQUEST;
    /// No node has this name.
    BadNodeName = "BAD_NODE_NAME", BAD_REQUEST;
    /// Another node did not answer as it should.
    BadRpc = "BAD_RPC", BAD_GATEWAY;
    /// It is no topic, or no topic filter.
    BadTopic = "BAD_TOPIC", BAD_REQUEST;
    /// It does not go together with what is there.
    Conflict = "CONFLICT", CONFLICT;
    /// Others need it.
    DependencyExists = "DEPENDENCY_EXISTS", BAD_REQUEST;
    /// There is a limit, and it is reached.
    ExceedLimit = "EXCEED_LIMIT", BAD_REQUEST;
    /// It is not allowed.
    Forbidden = "FORBIDDEN", FORBIDDEN;
    /// The id is none.
    InvalidId = "INVALID_ID", BAD_REQUEST;
    /// A parameter has no good value.
    InvalidParameter = "INVALID_PARAMETER", BAD_REQUEST;
    /// What is said twice is not the same.
    NotMatch = "NOT_MATCH", BAD_REQUEST;
    /// It has no default value.
    NoDefaultValue = "NO_DEFAULT_VALUE", BAD_REQUEST;
    /// No client has this client id.
    ClientIdNotFound = "CLIENTID_NOT_FOUND", NOT_FOUND;
    /// No such client.
    ClientNotFound = "CLIENT_NOT_FOUND", NOT_FOUND;
    /// No message has this id.
    MessageIdNotFound = "MESSAGE_ID_NOT_FOUND", NOT_FOUND;
    /// The message id is none.
    MessageIdSchemaError = "MESSAGE_ID_SCHEMA_ERROR", BAD_REQUEST;
    /// There is no such resource.
    ResourceNotFound = "RESOURCE_NOT_FOUND", NOT_FOUND;
    /// There is no such topic.
    TopicNotFound = "TOPIC_NOT_FOUND", NOT_FOUND;
    /// There is no such user.
    UserNotFound = "USER_NOT_FOUND", NOT_FOUND;
    /// Something went wrong that should not; the log of the node says more.
    InternalError = "INTERNAL_ERROR", INTERNAL_SERVER_ERROR;
    /// The node cannot answer now.
    ServiceUnavailable = "SERVICE_UNAVAILABLE", SERVICE_UNAVAILABLE;
    /// The back end did not answer as it should.
    SourceError = "SOURCE_ERROR", BAD_REQUEST;
    /// The change was not made.
    UpdateFailed = "UPDATE_FAILED", BAD_REQUEST;
    /// It was not set back.
    ResetFailed = "RESET_FAILED", BAD_REQUEST;
    /// The client did not answer in time.
    ClientNotResponse = "CLIENT_NOT_RESPONSE", GATEWAY_TIMEOUT;
    /// The body has a type that is not understood here.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", UNSUPPORTED_MEDIA_TYPE;
    /// The path is there, but not with this method.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", METHOD_NOT_ALLOWED;
    /// User name or password is wrong.
    BadUsernameOrPassword = "BAD_USERNAME_OR_PWD", UNAUTHORIZED;
    /// The second factor is missing or wrong.
    BadMfaToken = "BAD_MFA_TOKEN", UNAUTHORIZED;
    /// Too many logins failed; wait some minutes.
    LoginLocked = "LOGIN_LOCKED", UNAUTHORIZED;
    /// The token is not that of this user.
    WrongTokenOrUsername = "WRONG_TOKEN_OR_USERNAME", UNAUTHORIZED;
    /// The old password is wrong.
    OldPasswordWrong = "ERROR_PWD_NOT_MATCH", BAD_REQUEST;
    /// It is not allowed for this one.
    NotAllowed = "NOT_ALLOWED", BAD_REQUEST;
    /// The API key, or its secret, is wrong.
    BadApiKeyOrSecret = "BAD_API_KEY_OR_SECRET", UNAUTHORIZED;
    /// An API key is no use here: log in.
    ApiKeyNotAllowed = "API_KEY_NOT_ALLOW", UNAUTHORIZED;
    /// The token has expired: log in again.
    TokenTimeOut = "TOKEN_TIME_OUT", UNAUTHORIZED;
    /// There is no such token.
    BadToken = "BAD_TOKEN", UNAUTHORIZED;
    /// The request does not say who asks.
    AuthorizationHeaderError = "AUTHORIZATION_HEADER_ERROR", UNAUTHORIZED;
    /// The role, or the scopes, do not allow it.
    UnauthorizedRole = "UNAUTHORIZED_ROLE", FORBIDDEN;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_words_of_their_own() {
        for (index, code) in ErrorCode::ALL.iter().enumerate() {
            assert!(code.as_str().bytes().all(|b| b.is_ascii_uppercase() || b == b'_'), "{code:?}");
            assert!(!ErrorCode::ALL[index + 1..].iter().any(|other| other.as_str() == code.as_str()), "{code:?} twice");
            assert!(!code.description().trim().is_empty(), "{code:?}");
        }
    }
}
