// One thing that happened to a client: what, when, and who decided.
import { versionName } from '../../api/clients';
import type { TimelineEntry, TimelineEvent } from '../../api/timeline';
import type { Tone } from '../../parts/badge';
import { useMayWrite } from '../../session/use_may_write';
import { linkTo } from '../../state/route';
import { useFormat } from '../../text/format';
import { useReason } from '../../text/reasons';
import { type Say, useText } from '../../text/text';

const TONES: Readonly<Record<TimelineEvent, Tone>> = {
  connected: 'good',
  refused: 'bad',
  not_authenticated: 'bad',
  subscribe_allowed: 'neutral',
  subscribe_denied: 'bad',
  publish_denied: 'bad',
  publish_over_limit: 'warning',
  subscribed: 'neutral',
  unsubscribed: 'neutral',
  dropped: 'warning',
  release_timed_out: 'warning',
  disconnected: 'neutral',
  session_ended: 'neutral',
};

export function TimelineRow({ clientId, entry }: { clientId: string; entry: TimelineEntry }) {
  const say = useText();
  const format = useFormat();
  const reasonOf = useReason();
  const mayWrite = useMayWrite();
  const at = Date.parse(entry.at);
  const words = wordsOf(entry, say, reasonOf);
  const action = actionOf(entry.event);
  return (
    <li className="event">
      <time className="event-time" dateTime={entry.at} title={format.moment(at)}>
        {format.clock(at)}
      </time>
      <span className={`event-dot event-${TONES[entry.event] ?? 'neutral'}`} aria-hidden="true" />
      <div className="event-body">
        <p>
          <strong>{say(`timeline.${entry.event}`)}</strong>
          {entry.topic !== undefined && <code>{entry.topic}</code>}
          {entry.count > 1 && entry.last_at !== undefined && (
            <span className="tag">
              {say('timeline.times', {
                count: format.number(entry.count),
                time: format.clock(Date.parse(entry.last_at)),
              })}
            </span>
          )}
        </p>
        {words.length > 0 && (
          <p className="event-text">
            {words.join(' · ')}
            {mayWrite && action !== null && entry.topic !== undefined && (
              <>
                {' · '}
                <a href={linkTo('authorization', [], { clientid: clientId, action, topic: entry.topic })}>
                  {say('check.action')}
                </a>
              </>
            )}
          </p>
        )}
      </div>
    </li>
  );
}

// What was wanted, of verdicts that may be tried out again.
function actionOf(event: TimelineEvent): 'publish' | 'subscribe' | null {
  if (event === 'publish_denied') {
    return 'publish';
  }
  return event === 'subscribe_denied' || event === 'subscribe_allowed' ? 'subscribe' : null;
}

function wordsOf(entry: TimelineEntry, say: Say, reasonOf: (word: string) => string): readonly string[] {
  const { event, reason, source, rule } = entry;
  const who = entry.authenticator;
  const words = [
    reason !== undefined && reasonOf(reason),
    entry.reason_code !== undefined && say('timeline.code', { code: entry.reason_code }),
    event === 'dropped' && reason !== undefined && reason,
    event === 'not_authenticated' && (who === undefined ? say('timeline.unknown') : say('check.decided_by', { who })),
    entry.peername,
    entry.listener,
    entry.proto_ver !== undefined && `MQTT ${versionName(entry.proto_ver)}`,
    entry.session_present !== undefined && say(entry.session_present ? 'timeline.resumed' : 'timeline.new_session'),
    event === 'connected' && who !== undefined && say('timeline.let_in', { who }),
    entry.qos !== undefined && `QoS ${entry.qos}`,
    source !== undefined &&
      (rule === undefined
        ? say('check.decided_by', { who: reasonOf(source) })
        : say('timeline.decided_by_rule', { who: reasonOf(source), rule })),
  ];
  return words.filter(word => typeof word === 'string');
}
