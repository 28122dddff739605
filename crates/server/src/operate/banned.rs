//! Who is kept out of this node.

use super::operated_node::{OperatedNode, refusal};
use crate::BanError;
use crate::banned::now_secs;
use crate::node::{Node, NodeError};
use dunlin_api::banned::{BanFilter, Banned};
use dunlin_api::{ErrorCode, Refusal};
use dunlin_banned::{Ban, InvalidBan, MAX_BANS, NotBanned, Who, WhoKind};
use serde_json::Value;

impl Banned for OperatedNode {
    fn bans(&self, filter: &BanFilter, skip: usize, limit: usize) -> Result<(Vec<Value>, usize), Refusal> {
        let kind = filter.kind.map(WhoKind::parse).transpose().map_err(|error| not_understood(&error))?;
        let Some(who) = &filter.who else {
            let filter = dunlin_banned::BanFilter { kind, like: filter.like.clone(), by: None };
            let page = Node::bans(&*self.node, &filter, skip, limit).map_err(|error| refusal(&error))?;
            return Ok((page.bans.iter().map(Ban::to_json).collect(), page.count));
        };
        // A name is a part of itself, and one of a kind at most is the whole of it.
        let like = dunlin_banned::BanFilter { kind, like: Some(who.clone()), by: None };
        let page = Node::bans(&*self.node, &like, 0, MAX_BANS).map_err(|error| refusal(&error))?;
        let found: Vec<_> = page.bans.iter().filter(|ban| ban.who.text() == who.as_str()).map(Ban::to_json).collect();
        let count = found.len();
        Ok((found.into_iter().skip(skip).take(limit).collect(), count))
    }

    fn ban(&self, ban: &Value) -> Result<Value, Refusal> {
        let ban = Ban::from_json(ban, now_secs()).map_err(|error| not_understood(&error))?;
        let shown = ban.to_json();
        Node::ban(&*self.node, ban, false).map_err(|error| match &error {
            NodeError::Ban(BanError::NotBanned(NotBanned::AlreadyBanned(_))) => {
                Refusal::new(ErrorCode::AlreadyExists, error.to_string())
            }
            NodeError::Ban(BanError::Metadata(_)) => Refusal::unavailable(error.to_string()),
            _ => refusal(&error),
        })?;
        Ok(shown)
    }

    fn unban(&self, kind: &str, who: &str) -> Result<bool, Refusal> {
        let who =
            WhoKind::parse(kind).and_then(|kind| Who::parse(kind, who)).map_err(|error| not_understood(&error))?;
        Node::unban(&*self.node, &who).map_err(|error| refusal(&error))
    }

    fn clear_bans(&self) -> Result<(), Refusal> {
        Node::clear_bans(&*self.node).map(drop).map_err(|error| refusal(&error))
    }
}

fn not_understood(error: &InvalidBan) -> Refusal {
    Refusal::bad_request(error.to_string())
}
