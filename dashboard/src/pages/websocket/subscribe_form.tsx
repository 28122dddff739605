// What the client of this page is subscribed to.
import { useState } from 'react';
import type { Connection } from '../../mqtt/use_connection';
import { Button, IconButton } from '../../parts/button';
import { SelectField, TextField } from '../../parts/field';
import { Form } from '../../parts/form';
import { Panel } from '../../parts/panel';
import { useText } from '../../text/text';

export const QOS_CHOICES = ['0', '1', '2'].map(qos => ({ value: qos, label: qos }));

export function qosOf(text: string): 0 | 1 | 2 {
  return text === '2' ? 2 : text === '1' ? 1 : 0;
}

export function SubscribeForm({ connection }: { connection: Connection }) {
  const say = useText();
  const [filters, setFilters] = useState<readonly string[]>([]);
  const [filter, setFilter] = useState('testtopic/#');
  const [qos, setQos] = useState('0');
  const subscribe = async () => {
    await connection.subscribe(filter, qosOf(qos));
    setFilters(before => [...new Set([...before, filter])]);
  };
  const unsubscribe = async (one: string) => {
    await connection.unsubscribe(one);
    setFilters(before => before.filter(other => other !== one));
  };
  return (
    <Panel title={say('subscription.add')}>
      <Form submitLabel={say('subscription.add')} isDisabled={connection.state !== 'connected'} onSubmit={subscribe}>
        <div className="form-row">
          <TextField
            label={say('subscription.topic')}
            required
            value={filter}
            onChange={event => setFilter(event.target.value)}
          />
          <SelectField label="QoS" choices={QOS_CHOICES} value={qos} onChange={event => setQos(event.target.value)} />
        </div>
      </Form>
      <ul className="tags below">
        {filters.map(one => (
          <li key={one} className="tag tag-action">
            <code>{one}</code>
            <IconButton
              icon="close"
              label={`${say('subscription.remove')}: ${one}`}
              onClick={() => void unsubscribe(one).catch(() => undefined)}
            />
          </li>
        ))}
      </ul>
      {filters.length > 1 && (
        <Button
          className="button-small"
          onClick={() => void Promise.all(filters.map(unsubscribe)).catch(() => undefined)}
        >
          {say('websocket.unsubscribe_all')}
        </Button>
      )}
    </Panel>
  );
}
