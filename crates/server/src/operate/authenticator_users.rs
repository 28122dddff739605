//! Users that authenticators of this node keep themselves.

use super::operated_node::{OperatedNode, refusal};
use crate::NoUsersError;
use crate::node::{Node, NodeError};
use dunlin_api::access::{AuthenticatorUsers, ImportReport, UserImport, UserObject, UsersWanted};
use dunlin_api::{ErrorCode, Page, PageQuery, Refusal};
use dunlin_auth_built_in_database::{
    DatabaseError, ImportError, ImportFile, ImportFormat, OnExisting, PageQuery as StoredPage, PasswordForm, User,
    UserChange, UserDatabase, UserQuery,
};

impl OperatedNode {
    fn users_of(&self, id: &str) -> Result<UserDatabase, Refusal> {
        Node::users(&*self.node, None, id).map_err(|error| match &error {
            NodeError::NoUsers(NoUsersError::KeepsNone(_) | NoUsersError::Unusable(_)) => {
                Refusal::bad_request(error.to_string())
            }
            _ => refusal(&error),
        })
    }
}

impl AuthenticatorUsers for OperatedNode {
    fn authenticator_users(
        &self,
        id: &str,
        wanted: &UsersWanted,
        page: PageQuery,
    ) -> Result<Page<UserObject>, Refusal> {
        let stored = stored_page(page, wanted.like.as_deref());
        let found = self.users_of(id)?.list(&UserQuery { page: stored, is_superuser: wanted.is_superuser });
        let count = found.count.map(|count| count as u64);
        Ok(Page::counted_where_cheap(page, found.data.into_iter().map(object).collect(), count, found.has_next))
    }

    fn authenticator_user(&self, id: &str, user_id: &str) -> Result<UserObject, Refusal> {
        self.users_of(id)?.get(user_id).map(object).ok_or_else(|| refused(&DatabaseError::NotFound))
    }

    fn add_authenticator_user(
        &self,
        id: &str,
        user_id: &str,
        password: &str,
        is_superuser: bool,
    ) -> Result<UserObject, Refusal> {
        self.users_of(id)?.add(user_id, password, is_superuser).map(object).map_err(|error| refused(&error))
    }

    fn change_authenticator_user(
        &self,
        id: &str,
        user_id: &str,
        password: Option<&str>,
        is_superuser: Option<bool>,
    ) -> Result<UserObject, Refusal> {
        let change = UserChange { password, is_superuser };
        self.users_of(id)?.update(user_id, change).map(object).map_err(|error| refused(&error))
    }

    fn remove_authenticator_user(&self, id: &str, user_id: &str) -> Result<(), Refusal> {
        self.users_of(id)?.remove(user_id).map_err(|error| refused(&error))
    }

    fn import_authenticator_users(&self, id: &str, import: &UserImport) -> Result<ImportReport, Refusal> {
        let file = ImportFile {
            format: if import.is_csv { ImportFormat::Csv } else { ImportFormat::Json },
            passwords: if import.has_hashes { PasswordForm::Hash } else { PasswordForm::Plain },
            bytes: &import.bytes,
        };
        let done = self.users_of(id)?.import(&file, OnExisting::Replace, |_| {});
        let report = done.map_err(|error| match error {
            ImportError::Database(error) => refused(&error),
            error => Refusal::bad_request(error.to_string()),
        })?;
        Ok(ImportReport {
            total: report.total,
            success: report.added,
            r#override: report.replaced,
            skipped: report.unchanged,
            failed: report.kept,
        })
    }
}

/// A page in the words of the store.
pub(super) fn stored_page(page: PageQuery, like: Option<&str>) -> StoredPage {
    StoredPage {
        page: usize::try_from(page.page).unwrap_or(usize::MAX),
        limit: page.limit(),
        like: like.unwrap_or_default().to_owned(),
    }
}

fn object(User { user_id, is_superuser }: User) -> UserObject {
    UserObject { user_id, is_superuser }
}

fn refused(error: &DatabaseError) -> Refusal {
    match error {
        DatabaseError::AlreadyExists => {
            let status = ErrorCode::Conflict.status();
            Refusal::new(ErrorCode::AlreadyExists, "User already exists").with_status(status)
        }
        DatabaseError::NotFound => Refusal::not_found("User not found"),
        DatabaseError::Metadata(_) => Refusal::unavailable(error.to_string()),
        _ => Refusal::bad_request(error.to_string()),
    }
}
