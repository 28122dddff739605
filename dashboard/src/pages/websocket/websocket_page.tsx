// A client of MQTT in the browser: subscribe, publish, and see what comes.
import { useState } from 'react';
import { ConnectForm } from '../../mqtt/connect_form';
import { type Incoming, useConnection } from '../../mqtt/use_connection';
import { Badge } from '../../parts/badge';
import { Button } from '../../parts/button';
import { PageHead, Panel } from '../../parts/panel';
import { useText } from '../../text/text';
import { MessageList } from './message_list';
import { PublishForm } from './publish_form';
import { SubscribeForm } from './subscribe_form';

export interface LoggedMessage extends Incoming {
  readonly isOwn: boolean;
}

const KEPT_MAX = 200;

export function WebSocketPage() {
  const say = useText();
  const [messages, setMessages] = useState<readonly LoggedMessage[]>([]);
  const log = (message: Incoming, isOwn: boolean) =>
    setMessages(before => [{ ...message, isOwn }, ...before].slice(0, KEPT_MAX));
  const connection = useConnection(message => log(message, false));
  const { state } = connection;
  return (
    <>
      <PageHead
        title={say('page.websocket')}
        text={say('websocket.text')}
        actions={
          state !== 'closed' && (
            <>
              <Badge tone={state === 'connected' ? 'good' : 'warning'}>
                {say(state === 'connected' ? 'state.connected' : 'state.connecting')}
              </Badge>
              <Button onClick={connection.disconnect}>{say('client.kick')}</Button>
            </>
          )
        }
      />
      {state === 'closed' && (
        <Panel title={say('websocket.connect')}>
          <ConnectForm connection={connection} clientPrefix="dashboard" />
        </Panel>
      )}
      {state !== 'closed' && (
        <div className="two-panes">
          <SubscribeForm connection={connection} />
          <PublishForm connection={connection} onPublished={message => log(message, true)} />
        </div>
      )}
      <MessageList messages={messages} onClear={() => setMessages([])} />
    </>
  );
}
