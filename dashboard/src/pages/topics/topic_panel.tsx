// The topic that is selected: its latest message, and those before.
import { prettyPayload } from '../../mqtt/payload';
import { Chart } from '../../parts/chart';
import { Empty } from '../../parts/empty';
import { Facts } from '../../parts/facts';
import { Moment } from '../../parts/moment';
import { Panel } from '../../parts/panel';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';
import type { TopicNode } from './topic_tree';

const POINTS_MIN = 3;
const DRAWN_EARLIER = 10;

export function TopicPanel({ node }: { node: TopicNode | undefined }) {
  const say = useText();
  const format = useFormat();
  if (node === undefined) {
    return (
      <Panel>
        <Empty icon="tree" title={say('topics.select')} />
      </Panel>
    );
  }
  const { latest } = node;
  return (
    <Panel title={node.topic}>
      {latest && (
        <>
          <pre className="payload">{prettyPayload(latest.payload)}</pre>
          <NumberChart node={node} />
        </>
      )}
      <Facts
        facts={[
          ['QoS', latest?.qos],
          [say('message.retained'), latest && say(latest.isRetained ? 'word.yes' : 'word.no')],
          [say('message.received'), latest && <Moment at={latest.at} />],
          [say('message.size'), latest && format.bytes(latest.payload.length)],
          [say('topics.messages'), format.number(node.count)],
          [say('topics.messages_below'), format.number(node.countBelow)],
        ]}
      />
      {node.earlier.length > 0 && (
        <>
          <h3 className="below">{say('topics.earlier')}</h3>
          <ol className="earlier">
            {node.earlier.slice(0, DRAWN_EARLIER).map(message => (
              <li key={message.id}>
                <Moment at={message.at} />
                <code>{prettyPayload(message.payload)}</code>
              </li>
            ))}
          </ol>
        </>
      )}
    </Panel>
  );
}

// Numbers are worth a line.
function NumberChart({ node }: { node: TopicNode }) {
  const say = useText();
  const messages = [node.latest, ...node.earlier].filter(message => message !== null).reverse();
  const decoder = new TextDecoder();
  const points = messages
    .map(message => ({
      at: message.at / 1000,
      value: Number(decoder.decode(message.payload.subarray(0, 40)).trim() || 'x'),
    }))
    .filter(point => Number.isFinite(point.value));
  const [first] = points;
  const last = points.at(-1);
  if (points.length < POINTS_MIN || first === undefined || last === undefined) {
    return null;
  }
  return (
    <Chart
      label={say('topics.values')}
      times={points.map(point => point.at)}
      series={[{ label: node.name, colour: 'accent', values: points.map(point => point.value) }]}
      spanSeconds={Math.max(last.at - first.at, 1)}
      startsAtZero={false}
    />
  );
}
