// As whom this browser connects.
import { useEffect, useState } from 'react';
import { useQuery } from '../api/use_query';
import { Button } from '../parts/button';
import { CheckField, SelectField, TextField } from '../parts/field';
import { useText } from '../text/text';
import { type WebSocketListener, webSocketAddress } from './listener_address';
import type { Connection } from './use_connection';

export function ConnectForm({ connection, clientPrefix }: { connection: Connection; clientPrefix: string }) {
  const say = useText();
  const listeners = useQuery<readonly WebSocketListener[]>('/listeners').data;
  const [url, setUrl] = useState('');
  const [clientId, setClientId] = useState(() => `${clientPrefix}-${Math.random().toString(16).slice(2, 10)}`);
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [version, setVersion] = useState<4 | 5>(5);
  const [isClean, setClean] = useState(true);
  const found = listeners && webSocketAddress(listeners, window.location);
  useEffect(() => {
    if (found) {
      setUrl(before => (before === '' ? found : before));
    }
  }, [found]);
  return (
    <form
      className="form"
      onSubmit={event => {
        event.preventDefault();
        connection.connect({ url, clientId, username, password, version, isClean });
      }}
    >
      <div className="form-row">
        <TextField
          label={say('websocket.address')}
          hint={found === null ? say('websocket.no_listener') : undefined}
          required
          pattern="wss?://.+"
          value={url}
          onChange={event => setUrl(event.target.value)}
        />
        <TextField
          label={say('client.id')}
          required
          value={clientId}
          onChange={event => setClientId(event.target.value)}
        />
      </div>
      <div className="form-row">
        <TextField
          label={say('client.username')}
          autoComplete="off"
          value={username}
          onChange={event => setUsername(event.target.value)}
        />
        <TextField
          label={say('login.password')}
          type="password"
          autoComplete="new-password"
          value={password}
          onChange={event => setPassword(event.target.value)}
        />
        <SelectField
          label={say('client.protocol')}
          choices={[
            { value: '5', label: 'MQTT 5.0' },
            { value: '4', label: 'MQTT 3.1.1' },
          ]}
          value={String(version)}
          onChange={event => setVersion(event.target.value === '4' ? 4 : 5)}
        />
      </div>
      <div className="form-actions form-actions-apart">
        <CheckField
          label={say('client.clean_start')}
          checked={isClean}
          onChange={event => setClean(event.target.checked)}
        />
        <Button type="submit" kind="primary" disabled={connection.state !== 'closed'}>
          {say('websocket.connect')}
        </Button>
      </div>
      {connection.error !== '' && (
        <p className="note note-danger" role="alert">
          {connection.error}
        </p>
      )}
    </form>
  );
}
