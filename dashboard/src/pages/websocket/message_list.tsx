// What came and what was published, newest first.
import { prettyPayload } from '../../mqtt/payload';
import { Button } from '../../parts/button';
import { Empty } from '../../parts/empty';
import { Icon } from '../../parts/icon';
import { Moment } from '../../parts/moment';
import { Panel } from '../../parts/panel';
import { useText } from '../../text/text';
import type { LoggedMessage } from './websocket_page';

export function MessageList({ messages, onClear }: { messages: readonly LoggedMessage[]; onClear(): void }) {
  const say = useText();
  return (
    <Panel
      title={say('websocket.messages')}
      actions={messages.length > 0 && <Button onClick={onClear}>{say('topics.clear')}</Button>}
    >
      {messages.length === 0 ? (
        <Empty icon="send" title={say('messages.none')} />
      ) : (
        <ol className="message-list">
          {messages.map(message => (
            <li key={message.id}>
              <p className="message-head">
                <Icon name={message.isOwn ? 'arrowUp' : 'arrowDown'} size={15} />
                <span className="hidden">{say(message.isOwn ? 'websocket.sent' : 'websocket.received')}</span>
                <code>{message.topic}</code>
                <span className="tag">QoS {message.qos}</span>
                {message.isRetained && <span className="tag">{say('message.retained')}</span>}
                <span className="faint">
                  <Moment at={message.at} />
                </span>
              </p>
              <pre className="message-payload">{prettyPayload(message.payload)}</pre>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
