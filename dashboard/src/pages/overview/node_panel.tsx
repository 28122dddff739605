// The nodes at a glance; each has a page of its own.
import type { NodeObject } from '../../api/monitor';
import { useQuery } from '../../api/use_query';
import { Badge } from '../../parts/badge';
import { type Column, DataTable } from '../../parts/data_table';
import { Panel } from '../../parts/panel';
import { linkTo } from '../../state/route';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';

const EVERY_MS = 10_000;

export function NodePanel() {
  const say = useText();
  const format = useFormat();
  const answer = useQuery<readonly NodeObject[]>('/nodes', { everyMs: EVERY_MS });
  const columns: readonly Column<NodeObject>[] = [
    { key: 'node', title: say('node.name'), cell: node => <a href={linkTo('nodes', [node.node])}>{node.node}</a> },
    {
      key: 'state',
      title: say('client.state'),
      cell: node => {
        const isRunning = node.node_status === 'running';
        return <Badge tone={isRunning ? 'good' : 'bad'}>{say(isRunning ? 'state.running' : 'state.stopped')}</Badge>;
      },
    },
    { key: 'version', title: say('node.version'), isMinor: true, cell: node => node.version },
    { key: 'uptime', title: say('node.uptime'), isMinor: true, cell: node => format.duration(node.uptime) },
    {
      key: 'process',
      title: say('node.process_memory'),
      isNumber: true,
      cell: node => format.bytes(node.process_memory),
    },
    {
      key: 'memory',
      title: say('node.machine_memory'),
      isNumber: true,
      isMinor: true,
      cell: node => `${format.bytes(node.memory_used)} / ${format.bytes(node.memory_total)}`,
    },
    { key: 'load', title: say('node.load'), isNumber: true, isMinor: true, cell: node => node.load1.toFixed(2) },
  ];
  return (
    <Panel isFlush title={say('page.nodes')}>
      <DataTable
        label={say('page.nodes')}
        columns={columns}
        rows={answer.data}
        answer={answer}
        rowKey={node => node.node}
        empty={null}
      />
    </Panel>
  );
}
