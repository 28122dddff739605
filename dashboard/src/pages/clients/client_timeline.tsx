// What has happened to a client lately, the latest first; also to one that has left, or was never let in.
import { part } from '../../api/request';
import type { Timeline, TimelineEntry } from '../../api/timeline';
import { useQuery } from '../../api/use_query';
import { Empty } from '../../parts/empty';
import { ErrorNote } from '../../parts/error_note';
import { Panel } from '../../parts/panel';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';
import { TimelineRow } from './timeline_row';

const EVERY_MS = 3000;

export function ClientTimeline({ id }: { id: string }) {
  const say = useText();
  const format = useFormat();
  const answer = useQuery<Timeline>(`/clients/${part(id)}/timeline`, { everyMs: EVERY_MS });
  const isUnknown = answer.error?.status === 404;
  const entries = answer.data?.data ?? [];
  return (
    <Panel title={say('client.timeline')}>
      {answer.error && !isUnknown && <ErrorNote error={answer.error} onRetry={answer.reload} />}
      {(isUnknown || (answer.data && entries.length === 0)) && (
        <Empty icon="clock" title={say('timeline.none')}>
          {say('timeline.none_text')}
        </Empty>
      )}
      {byDay(entries, format.day).map(([day, ofDay]) => (
        <section key={day} aria-label={day}>
          <h3 className="event-day">{day}</h3>
          <ol className="events">
            {ofDay.map(([key, entry]) => (
              <TimelineRow key={key} clientId={id} entry={entry} />
            ))}
          </ol>
        </section>
      ))}
    </Panel>
  );
}

type Keyed = readonly [key: string, entry: TimelineEntry];

function byDay(
  entries: readonly TimelineEntry[],
  dayOf: (milliseconds: number) => string,
): readonly (readonly [string, readonly Keyed[]])[] {
  const days = new Map<string, Keyed[]>();
  for (const [at, entry] of [...entries.entries()].reverse()) {
    const day = dayOf(Date.parse(entry.at));
    const ofDay = days.get(day) ?? [];
    ofDay.push([`${entry.at} ${entry.event} ${at}`, entry]);
    days.set(day, ofDay);
  }
  return [...days];
}
