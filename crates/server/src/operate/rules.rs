//! The rules of the built-in database of this node.

use super::authenticator_users::stored_page;
use super::operated_node::{OperatedNode, refusal};
use crate::RulesError;
use crate::node::{Node, NodeError};
use dunlin_api::access::{RuleRow, RuleSubject, RuleSubjects, Rules, SubjectRules};
use dunlin_api::{ErrorCode, Page, PageQuery, Refusal};
use dunlin_auth_built_in_database::{RuleDatabaseError, RuleSubject as Subject, SubjectKind};
use dunlin_config::authorization_sources::SourceKind;

impl Rules for OperatedNode {
    fn subjects_with_rules(
        &self,
        subjects: RuleSubjects,
        like: Option<&str>,
        page: PageQuery,
    ) -> Result<Page<SubjectRules>, Refusal> {
        let kind = match subjects {
            RuleSubjects::Clients => SubjectKind::ClientId,
            RuleSubjects::Users => SubjectKind::Username,
        };
        let rules = Node::rules(&*self.node).map_err(|error| refused(&error))?;
        let found = rules.list(kind, &stored_page(page, like));
        let data = found.data.into_iter().map(|(name, rules)| SubjectRules { name, rules }).collect();
        Ok(Page::counted_where_cheap(page, data, found.count.map(|count| count as u64), found.has_next))
    }

    fn rules_of(&self, subject: &RuleSubject) -> Result<Option<Vec<RuleRow>>, Refusal> {
        let rules = Node::rules(&*self.node).map_err(|error| refused(&error))?;
        Ok(rules.get(stored(subject)))
    }

    fn set_rules(&self, list: Vec<(RuleSubject, Vec<RuleRow>)>, replaces: bool) -> Result<(), Refusal> {
        let stored_list = list.iter().map(|(subject, rules)| (stored(subject), rules.clone())).collect();
        let done = self.node.with_server(|server| server.set_rules(stored_list, replaces));
        done.map_err(|error| refusal(&error))?.map_err(|error| refused(&NodeError::Rules(error)))
    }

    fn remove_rules(&self, subject: &RuleSubject) -> Result<(), Refusal> {
        Node::remove_rules(&*self.node, Some(stored(subject))).map_err(|error| refused(&error))
    }

    fn remove_all_rules(&self) -> Result<(), Refusal> {
        let is_asked = self.node.with_config(|config| {
            let is_it = |source: &&dunlin_config::authorization_sources::Source| {
                source.enable && matches!(source.kind, SourceKind::BuiltInDatabase(_))
            };
            config.authorization.sources.iter().any(|source| is_it(&source))
        });
        if is_asked {
            // As in EMQX: nobody is to be left without rules by one call.
            return Err(Refusal::bad_request("'built_in_database' type source must be disabled before purge."));
        }
        Node::remove_rules(&*self.node, None).map_err(|error| refused(&error))
    }
}

const fn stored(subject: &RuleSubject) -> Subject<'_> {
    match subject {
        RuleSubject::Client(client_id) => Subject::ClientId(client_id.as_str()),
        RuleSubject::User(username) => Subject::Username(username.as_str()),
        RuleSubject::All => Subject::All,
    }
}

fn refused(error: &NodeError) -> Refusal {
    let NodeError::Rules(of_rules) = error else { return refusal(error) };
    let message = of_rules.to_string();
    match of_rules {
        RulesError::NoSource => Refusal::not_found(message),
        RulesError::Database(RuleDatabaseError::NotFound) => Refusal::not_found(message),
        RulesError::Database(RuleDatabaseError::AlreadyExist(_)) => {
            Refusal::new(ErrorCode::AlreadyExists, message).with_status(ErrorCode::Conflict.status())
        }
        RulesError::Database(RuleDatabaseError::Metadata(_)) => Refusal::unavailable(message),
        _ => Refusal::bad_request(message),
    }
}
