// The nodes: how loaded the machine is, and where their files are.
import type { NodeObject } from '../../api/monitor';
import { useQuery } from '../../api/use_query';
import { Badge } from '../../parts/badge';
import { ErrorNote } from '../../parts/error_note';
import { Facts } from '../../parts/facts';
import { Panel } from '../../parts/panel';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';

const EVERY_MS = 10_000;

export function NodePanel() {
  const say = useText();
  const format = useFormat();
  const answer = useQuery<readonly NodeObject[]>('/nodes', { everyMs: EVERY_MS });
  if (!answer.data) {
    return answer.error ? <ErrorNote error={answer.error} onRetry={answer.reload} /> : null;
  }
  return answer.data.map(node => {
    const isRunning = node.node_status === 'running';
    return (
      <Panel
        key={node.node}
        title={node.node}
        actions={<Badge tone={isRunning ? 'good' : 'bad'}>{say(isRunning ? 'state.running' : 'state.stopped')}</Badge>}
      >
        <Facts
          facts={[
            [say('node.version'), node.version],
            [say('node.uptime'), format.duration(node.uptime)],
            [say('node.load'), [node.load1, node.load5, node.load15].map(load => load.toFixed(2)).join(' · ')],
            [say('node.memory'), `${format.bytes(node.memory_used)} / ${format.bytes(node.memory_total)}`],
            [say('node.files'), format.number(node.max_fds)],
            [say('node.folder'), <code key="folder">{node.sys_path}</code>],
          ]}
        />
      </Panel>
    );
  });
}
