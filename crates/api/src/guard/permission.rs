//! Who may do what: the one place that says so.

use super::caller::{Caller, CallerKind};
use crate::{ErrorCode, Refusal, Role, Scope};
use axum::http::Method;

/// Paths that need nobody to say who they are.
const OPEN: &[&str] = &["/load_rebalance/availability_check", "/login", "/status"];

/// Paths that viewers may use in spite of their methods: they are about the viewers themselves.
const OWN: &[&str] = &["/logout", "/users/{username}/change_pwd", "/users/{username}/mfa"];

/// Paths that viewers may not even read: there are secrets in the answers.
const FOR_ADMINISTRATORS: &[&str] = &["/data/files/{filename}"];

/// What whole archives are taken and given with. Users, keys and every part of the configuration are in them, so that whoever may use
/// these can have any scope: for callers without limits.
const BEYOND_SCOPES: &[(Method, &str)] = &[
    (Method::GET, "/data/files/{filename}"),
    (Method::POST, "/data/files"),
    (Method::POST, "/data/import"),
    (Method::PUT, "/configs"),
];

/// Paths of single roots of the configuration, and the roots that say who may log in, and what clients and keys may do: the same.
const ROOTS: &[&str] = &["/configs/{root}", "/configs_reset/{rootname}"];
const ROOTS_BEYOND_SCOPES: &[&str] =
    &["api_key", "authentication", "authentication_settings", "authorization", "dashboard"];

/// All that publishers may use.
const FOR_PUBLISHERS: &[&str] = &["/publish", "/publish/bulk"];

/// First parts of paths that only people may use: no key makes users or keys.
const FOR_PEOPLE: &[&str] = &["api_key", "logout", "users"];

/// Whether a path needs nobody to say who they are.
pub(crate) fn is_open(path: &str) -> bool {
    OPEN.contains(&path)
}

/// Whether a path needs nobody to say who they are where the configuration says so: exporters ask there.
pub(crate) fn may_be_open(path: &str) -> bool {
    path.starts_with("/prometheus/")
}

/// Whether a caller may do something. `path` is that of a resource, `/users/{username}`; `name` is what stands in the place of the
/// first name in it.
///
/// # Errors
/// A [`Refusal`] where not.
pub(super) fn check(caller: &Caller, method: &Method, path: &str, name: Option<&str>) -> Result<(), Refusal> {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let is_own_path = OWN.contains(&path) && name.is_none_or(|name| name == caller.name);
    match &caller.kind {
        CallerKind::Key if FOR_PEOPLE.contains(&first) => {
            let message =
                format!("Please use bearer Token instead, using API key/secret in {first} path is not permitted");
            return Err(Refusal::new(ErrorCode::ApiKeyNotAllowed, message));
        }
        CallerKind::User { only_for_password: true, .. } if !is_own_path || path.ends_with("/mfa") => {
            return Err(refused("Change the password first: this token is good for nothing else"));
        }
        CallerKind::Key | CallerKind::User { .. } => {}
    }
    let is_reading = matches!(*method, Method::GET | Method::HEAD);
    let may_read = is_reading && !FOR_ADMINISTRATORS.contains(&path);
    match caller.role {
        Role::Administrator => {}
        Role::Viewer if may_read || (is_own_path && caller.kind != CallerKind::Key) => {}
        Role::Publisher if FOR_PUBLISHERS.contains(&path) => {}
        role => {
            let message = format!("You don't have permission to access this resource: the role is {}", role.as_str());
            return Err(refused(message));
        }
    }
    let Some(scopes) = &caller.scopes else { return Ok(()) };
    let is_such_root = !is_reading
        && ROOTS.contains(&path)
        && name.is_some_and(|name| ROOTS_BEYOND_SCOPES.contains(&name.split('.').next().unwrap_or_default()));
    if is_such_root || BEYOND_SCOPES.iter().any(|(with, to)| with == method && *to == path) {
        return Err(refused(
            "It is about users, keys or access control, too: who is limited to some scopes may not do it",
        ));
    }
    match Scope::of_path(path) {
        Some(scope) if !is_own_path && !scopes.contains(&scope) => {
            Err(refused(format!("The scope {} is needed", scope.as_str())))
        }
        _ => Ok(()),
    }
}

fn refused(message: impl Into<String>) -> Refusal {
    Refusal::new(ErrorCode::UnauthorizedRole, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(role: Role) -> Caller {
        let kind = CallerKind::User { token: String::new(), only_for_password: false };
        Caller { name: "ann".into(), kind, role, scopes: None }
    }

    fn key(role: Role, scopes: Option<Vec<Scope>>) -> Caller {
        Caller { name: "k".into(), kind: CallerKind::Key, role, scopes }
    }

    #[test]
    fn roles_and_scopes_say_who_may_do_what() {
        use Role::{Administrator, Publisher, Viewer};
        let limited =
            Caller { kind: CallerKind::User { token: String::new(), only_for_password: true }, ..user(Administrator) };
        let refused = Some(ErrorCode::UnauthorizedRole);
        let people_only = Some(ErrorCode::ApiKeyNotAllowed);
        for (caller, method, path, name, expected) in [
            (user(Administrator), Method::DELETE, "/banned", None, None),
            (user(Viewer), Method::GET, "/banned", None, None),
            (user(Viewer), Method::POST, "/banned", None, refused),
            (user(Viewer), Method::GET, "/data/files", None, None),
            (user(Viewer), Method::GET, "/data/files/{filename}", Some("x.tar.gz"), refused),
            (user(Administrator), Method::GET, "/data/files/{filename}", Some("x.tar.gz"), None),
            (user(Viewer), Method::PUT, "/configs", None, refused),
            (user(Viewer), Method::POST, "/logout", None, None),
            (user(Viewer), Method::POST, "/users/{username}/change_pwd", Some("ann"), None),
            (user(Viewer), Method::POST, "/users/{username}/change_pwd", Some("bob"), refused),
            (user(Viewer), Method::DELETE, "/users/{username}", Some("ann"), refused),
            (key(Publisher, None), Method::POST, "/publish/bulk", None, None),
            (key(Publisher, None), Method::GET, "/clients", None, refused),
            (key(Viewer, None), Method::POST, "/publish", None, refused),
            (key(Administrator, None), Method::GET, "/users", None, people_only),
            (key(Administrator, None), Method::POST, "/api_key", None, people_only),
            (key(Administrator, Some(vec![Scope::Publish])), Method::POST, "/publish", None, None),
            (key(Administrator, Some(vec![Scope::Publish])), Method::GET, "/clients", None, refused),
            (key(Administrator, Some(vec![])), Method::GET, "/error_codes", None, None),
            (key(Administrator, Some(vec![Scope::System])), Method::GET, "/data/files", None, None),
            (key(Administrator, Some(vec![Scope::System])), Method::POST, "/data/export", None, None),
            (key(Administrator, Some(vec![Scope::System])), Method::GET, "/data/files/{filename}", Some("x"), refused),
            (key(Administrator, Some(vec![Scope::System])), Method::POST, "/data/files", None, refused),
            (key(Administrator, Some(vec![Scope::System])), Method::POST, "/data/import", None, refused),
            (key(Administrator, None), Method::POST, "/data/import", None, None),
            (key(Administrator, Some(vec![Scope::System])), Method::PUT, "/configs", None, refused),
            (key(Administrator, Some(vec![Scope::System])), Method::PUT, "/configs/{root}", Some("dashboard"), refused),
            (key(Administrator, Some(vec![Scope::System])), Method::PUT, "/configs/{root}", Some("mqtt"), None),
            (key(Administrator, Some(vec![Scope::System])), Method::GET, "/configs/{root}", Some("dashboard"), None),
            (
                key(Administrator, Some(vec![Scope::System])),
                Method::POST,
                "/configs_reset/{rootname}",
                Some("api_key"),
                refused,
            ),
            (key(Administrator, None), Method::PUT, "/configs", None, None),
            (limited.clone(), Method::POST, "/users/{username}/change_pwd", Some("ann"), None),
            (limited.clone(), Method::POST, "/logout", None, None),
            (limited.clone(), Method::POST, "/users/{username}/mfa", Some("ann"), refused),
            (limited, Method::GET, "/clients", None, refused),
        ] {
            let refusal = check(&caller, &method, path, name).err().map(|refusal| refusal.code());
            assert_eq!(refusal, expected, "{} {method} {path} {name:?}", caller.role.as_str());
        }
    }
}
