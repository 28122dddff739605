// The node at a glance: how it is now, and how it went.
import { useState } from 'react';
import type { Current } from '../../api/monitor';
import { useQuery } from '../../api/use_query';
import { ChoiceBar } from '../../parts/choice_bar';
import { ErrorNote } from '../../parts/error_note';
import { PageHead } from '../../parts/panel';
import { useFormat } from '../../text/format';
import { type Say, useText } from '../../text/text';
import { ActiveAlarms } from './active_alarms';
import { NodePanel } from './node_panel';
import { OpenAccess } from './open_access';
import { OverviewCharts } from './overview_charts';
import { Tile } from './tile';

const NOW_MS = 2000;
const SPANS = [3600, 21_600, 86_400, 604_800];

export function OverviewPage() {
  const say = useText();
  const format = useFormat();
  const [span, setSpan] = useState('3600');
  const now = useQuery<Current>('/monitor_current', { everyMs: NOW_MS });
  const number = (pick: (current: Current) => number) => (now.data ? format.short(pick(now.data)) : undefined);
  return (
    <>
      <PageHead
        title={say('page.overview')}
        text={now.data && say('overview.up', { time: format.duration(now.data.node_uptime) })}
        actions={
          <ChoiceBar
            label={say('overview.span')}
            choices={SPANS.map(seconds => ({ value: String(seconds), label: spanName(seconds, say) }))}
            value={span}
            onChange={setSpan}
          />
        }
      />
      {now.error && <ErrorNote error={now.error} onRetry={now.reload} />}
      <OpenAccess />
      <ActiveAlarms />
      <div className="tiles">
        <Tile title={say('overview.connections')} value={number(one => one.live_connections)} href="#/clients">
          {now.data && say('overview.sessions', { count: format.short(now.data.cluster_sessions) })}
        </Tile>
        <Tile
          title={say('overview.received')}
          value={number(one => one.received_msg_rate)}
          unit={say('unit.per_second')}
        />
        <Tile title={say('overview.sent')} value={number(one => one.sent_msg_rate)} unit={say('unit.per_second')} />
        <Tile
          title={say('overview.dropped_now')}
          value={number(one => one.dropped_msg_rate)}
          unit={say('unit.per_second')}
          href="#/metrics"
        />
        <Tile title={say('overview.subscriptions')} value={number(one => one.subscriptions)} href="#/subscriptions">
          {now.data && say('overview.shared', { count: format.short(now.data.shared_subscriptions) })}
        </Tile>
        <Tile title={say('overview.topics')} value={number(one => one.topics)} href="#/topics">
          {now.data && say('overview.retained', { count: format.short(now.data.retained_msg_count) })}
        </Tile>
      </div>
      <OverviewCharts spanSeconds={Number(span)} />
      <NodePanel />
    </>
  );
}

function spanName(seconds: number, say: Say): string {
  return seconds < 86_400
    ? say('span.hours', { count: seconds / 3600 })
    : say('span.days', { count: seconds / 86_400 });
}
