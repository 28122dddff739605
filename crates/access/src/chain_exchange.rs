//! An exchange of AUTH packets with the authenticators of a chain.

use crate::{ChainOutcome, ChainReport, ClientInfo, Exchange, ExchangeStep, Outcome, Proven};
use std::collections::VecDeque;

/// An exchange of AUTH packets with the authenticators of a chain that offer the client's method: the first one that knows the
/// client has the rest of it. [`AuthenticatorChain::begin`](crate::AuthenticatorChain::begin) makes it; it is about the chain as
/// that was then.
#[derive(Debug)]
pub struct ChainExchange {
    client: ClientInfo,
    /// Those that were not asked, in their order.
    candidates: VecDeque<Candidate>,
    /// Those that are not for this client and were not counted.
    skipped: Vec<usize>,
    /// The one that has sent the client a question.
    asking: Option<Candidate>,
    /// It only pretends to know the client.
    is_decoy: bool,
    entries: usize,
    ignore_backend_failures: bool,
}

/// An authenticator that offers the method.
#[derive(Debug)]
pub(crate) struct Candidate {
    /// Its place in the chain.
    pub(crate) place: usize,
    pub(crate) exchange: Box<dyn Exchange>,
}

/// What a chain says to the data of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainStep {
    /// Send this in an AUTH packet and wait for more [MQTT-4.12.0-2].
    Ask(Vec<u8>),
    /// That is what came of it. A client that is admitted has the user name that it has proven.
    End {
        /// Whether the client may come in, or stay in.
        outcome: ChainOutcome,
        /// The last data for a client that may.
        data: Option<Vec<u8>>,
    },
}

impl ChainStep {
    const fn refused(outcome: ChainOutcome) -> Self {
        Self::End { outcome, data: None }
    }
}

impl ChainExchange {
    pub(crate) fn new(
        client: ClientInfo,
        candidates: Vec<Candidate>,
        skipped: Vec<usize>,
        entries: usize,
        ignore_backend_failures: bool,
    ) -> Self {
        Self {
            client,
            candidates: candidates.into(),
            skipped,
            asking: None,
            is_decoy: false,
            entries,
            ignore_backend_failures,
        }
    }

    /// The client's Authentication Data, empty where it sent none; what next? After an end every other step is refused.
    pub async fn step(&mut self, data: &[u8]) -> ChainReport<ChainStep> {
        let mut report = ChainReport::new(ChainStep::refused(ChainOutcome::unknown()), self.entries);
        for place in std::mem::take(&mut self.skipped) {
            report.skip(place);
        }
        if let Some(asking) = self.asking.take() {
            report.outcome = self.go_on(asking, data, &mut report).await;
            return report;
        }
        let mut decoy = None;
        while let Some(mut candidate) = self.candidates.pop_front() {
            let said = match candidate.exchange.step(data).await {
                ExchangeStep::Unknown(question) => {
                    let _ = report.take(candidate.place, Outcome::Ignore, &self.client, self.ignore_backend_failures);
                    decoy.get_or_insert((candidate, question));
                    continue;
                }
                ExchangeStep::Ask(question) => {
                    self.candidates.clear();
                    (self.asking, self.is_decoy) = (Some(candidate), false);
                    report.outcome = ChainStep::Ask(question);
                    return report;
                }
                said => said,
            };
            if let Some(step) = self.end(candidate.place, said, &mut report) {
                report.outcome = step;
                self.candidates.clear();
                return report;
            }
        }
        if let Some((candidate, question)) = decoy {
            (self.asking, self.is_decoy) = (Some(candidate), true);
            report.outcome = ChainStep::Ask(question);
        }
        report
    }

    async fn go_on(&mut self, mut asking: Candidate, data: &[u8], report: &mut ChainReport<ChainStep>) -> ChainStep {
        let said = asking.exchange.step(data).await;
        if self.is_decoy {
            // Whatever it says: the client was asked for appearances, and that it is not known has been counted.
            return ChainStep::refused(ChainOutcome::unknown());
        }
        match said {
            ExchangeStep::Ask(question) => {
                self.asking = Some(asking);
                ChainStep::Ask(question)
            }
            said => self.end(asking.place, said, report).unwrap_or_else(|| ChainStep::refused(ChainOutcome::unknown())),
        }
    }

    /// What an authenticator's last word means for the chain, `None` being that the next one is asked.
    fn end(&self, place: usize, said: ExchangeStep, report: &mut ChainReport<ChainStep>) -> Option<ChainStep> {
        let (said, client, data) = match said {
            ExchangeStep::Allow(proven) => {
                let Proven { username, data, admission } = *proven;
                let client = ClientInfo { username: Some(username.into()), ..self.client.clone() };
                (Outcome::Allow(Box::new(admission)), Some(client), Some(data))
            }
            ExchangeStep::Deny(reason) => (Outcome::Deny(reason), None, None),
            ExchangeStep::Failed(failure) => (Outcome::Failed(failure), None, None),
            ExchangeStep::Ask(_) | ExchangeStep::Unknown(_) => (Outcome::Ignore, None, None),
        };
        let client = client.as_ref().unwrap_or(&self.client);
        let outcome = report.take(place, said, client, self.ignore_backend_failures)?;
        let data = data.filter(|_| matches!(outcome, ChainOutcome::Admitted(_)));
        Some(ChainStep::End { outcome, data })
    }
}

#[cfg(test)]
mod tests;
