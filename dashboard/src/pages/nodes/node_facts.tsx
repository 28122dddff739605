// What a node is, and where its files are.
import type { NodeObject } from '../../api/monitor';
import { Facts } from '../../parts/facts';
import { Panel } from '../../parts/panel';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';

export function NodeFacts({ node }: { node: NodeObject }) {
  const say = useText();
  const format = useFormat();
  return (
    <Panel title={say('node.about')}>
      <Facts
        facts={[
          [say('node.files'), format.number(node.max_fds)],
          [say('node.program'), <code key="program">{node.sys_path}</code>],
          [say('node.log'), node.log_path === '' ? say('node.no_log') : <code key="log">{node.log_path}</code>],
        ]}
      />
    </Panel>
  );
}
