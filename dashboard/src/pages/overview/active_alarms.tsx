// Alarms that are on; nothing where none is.
import type { Page } from '../../api/page';
import { useQuery } from '../../api/use_query';
import { Icon } from '../../parts/icon';
import { useAlarmName } from '../../text/alarm_names';
import { useText } from '../../text/text';

interface Alarm {
  readonly name: string;
  readonly message: string;
}

const EVERY_MS = 10_000;

export function ActiveAlarms() {
  const say = useText();
  const nameOf = useAlarmName();
  const alarms =
    useQuery<Page<Alarm>>('/alarms', { query: { activated: true, limit: 3 }, everyMs: EVERY_MS }).data?.data ?? [];
  if (alarms.length === 0) {
    return null;
  }
  return (
    <a className="note note-warning note-link" href="#/alarms">
      <Icon name="alarm" />
      <span>
        <strong>{say('overview.alarms')}</strong> {alarms.map(alarm => nameOf(alarm.name) ?? alarm.message).join(' · ')}
      </span>
    </a>
  );
}
