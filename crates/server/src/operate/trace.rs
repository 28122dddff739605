//! The traces of this node.

use super::operated_node::{OperatedNode, refusal};
use crate::node::Node;
use crate::traces::{TraceDefinition, TraceError, TraceFormatter, TraceState, subject_of, subject_words};
use dunlin_api::trace::{NewTrace, TraceFormat, TraceKind, TraceObject, TracePayload, Traces};
use dunlin_api::{ErrorCode, Moment, Refusal};
use dunlin_broker::{PayloadEncoding, PayloadView};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a trace lasts where nobody says.
const SPAN: Duration = Duration::from_secs(600);

impl OperatedNode {
    fn with_traces<T>(&self, work: impl FnOnce(&crate::Traces) -> Result<T, TraceError>) -> Result<T, Refusal> {
        let traces = Node::traces(&*self.node).map_err(|error| refusal(&error))?;
        work(&traces).map_err(|error| trace_refusal(&error))
    }

    fn object(&self, state: TraceState) -> TraceObject {
        let TraceDefinition { name, subject, start_at, end_at, formatter, payload } = state.definition;
        let (word, value) = subject_words(&subject);
        let of = |kind: &str| (word == kind).then(|| value.clone());
        TraceObject {
            name,
            kind: match word {
                "topic" => TraceKind::Topic,
                "ip_address" => TraceKind::IpAddress,
                _ => TraceKind::ClientId,
            },
            clientid: of("clientid"),
            topic: of("topic"),
            ip_address: of("ip_address"),
            start_at: moment(start_at),
            end_at: moment(end_at),
            status: state.status.as_str(),
            log_size: BTreeMap::from([(self.tracing_node(), state.log_bytes)]),
            formatter: match formatter {
                TraceFormatter::Text => TraceFormat::Text,
                TraceFormatter::Json => TraceFormat::Json,
            },
            payload_encode: match payload.encoding {
                PayloadEncoding::Text => TracePayload::Text,
                PayloadEncoding::Hex => TracePayload::Hex,
                PayloadEncoding::Hidden => TracePayload::Hidden,
            },
            payload_limit: u32::try_from(payload.limit_bytes).unwrap_or(u32::MAX),
        }
    }
}

impl Traces for OperatedNode {
    fn tracing_node(&self) -> String {
        self.answerer.identity.node_name.clone()
    }

    fn traces(&self) -> Result<Vec<TraceObject>, Refusal> {
        let states = self.with_traces(|traces| Ok(traces.list()))?;
        Ok(states.into_iter().map(|state| self.object(state)).collect())
    }

    fn begin_trace(&self, wanted: NewTrace) -> Result<TraceObject, Refusal> {
        let definition = definition(wanted)?;
        self.with_traces(|traces| traces.create(definition)).map(|state| self.object(state))
    }

    fn stop_trace(&self, name: &str) -> Result<(), Refusal> {
        self.with_traces(|traces| traces.stop(name))
    }

    fn delete_trace(&self, name: &str) -> Result<(), Refusal> {
        self.with_traces(|traces| traces.delete(name))
    }

    fn delete_traces(&self) -> Result<(), Refusal> {
        self.with_traces(crate::Traces::clear)
    }

    fn trace_log(&self, name: &str, position: u64, bytes: usize) -> Result<Vec<u8>, Refusal> {
        self.with_traces(|traces| traces.read(name, position, bytes))
    }

    fn trace_log_facts(&self, name: &str) -> Result<(u64, u64), Refusal> {
        let (bytes, written_at) = self.with_traces(|traces| traces.file_facts(name))?;
        let written_at = written_at.duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok((bytes, u64::try_from(written_at.as_millis()).unwrap_or(u64::MAX)))
    }
}

fn definition(wanted: NewTrace) -> Result<TraceDefinition, Refusal> {
    let NewTrace {
        name,
        kind,
        clientid,
        topic,
        ip_address,
        start_at,
        end_at,
        formatter,
        payload_encode,
        payload_limit,
    } = wanted;
    let (word, value) = match kind {
        TraceKind::ClientId => ("clientid", clientid),
        TraceKind::Topic => ("topic", topic),
        TraceKind::IpAddress => ("ip_address", ip_address),
    };
    let value = value.ok_or_else(|| Refusal::bad_request(format!("{word}: a trace of this type needs it")))?;
    let subject = subject_of(word, &value).map_err(|error| trace_refusal(&error))?;
    let new = TraceDefinition::new(name, subject);
    let start_at = start_at.map_or(new.start_at, system_time);
    Ok(TraceDefinition {
        start_at,
        end_at: end_at.map_or(start_at + SPAN, system_time),
        formatter: match formatter {
            TraceFormat::Text => TraceFormatter::Text,
            TraceFormat::Json => TraceFormatter::Json,
        },
        payload: PayloadView {
            encoding: match payload_encode {
                TracePayload::Text => PayloadEncoding::Text,
                TracePayload::Hex => PayloadEncoding::Hex,
                TracePayload::Hidden => PayloadEncoding::Hidden,
            },
            limit_bytes: payload_limit.map_or(new.payload.limit_bytes, |limit| limit as usize),
        },
        ..new
    })
}

fn trace_refusal(error: &TraceError) -> Refusal {
    let code = match error {
        TraceError::NameTaken(_) => ErrorCode::AlreadyExists,
        TraceError::SameSubject(_) => ErrorCode::Conflict,
        TraceError::TooMany(_) => ErrorCode::ExceedLimit,
        TraceError::Unknown(_) => ErrorCode::NotFound,
        TraceError::Invalid(_) => ErrorCode::BadRequest,
        TraceError::File(_) => ErrorCode::InternalError,
    };
    Refusal::new(code, error.to_string())
}

fn moment(moment: SystemTime) -> Moment {
    Moment::from_secs(moment.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
}

/// Years beyond what a clock can show are taken for the last of them.
fn system_time(moment: Moment) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(moment.secs().min(u64::from(u32::MAX) * 64))
}
