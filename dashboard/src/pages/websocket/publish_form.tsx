// A message to publish.
import { useState } from 'react';
import { type Connection, type Incoming, nextMessageId } from '../../mqtt/use_connection';
import { CheckField, SelectField, TextArea, TextField } from '../../parts/field';
import { Form } from '../../parts/form';
import { Panel } from '../../parts/panel';
import { useText } from '../../text/text';
import { QOS_CHOICES, qosOf } from './subscribe_form';

export function PublishForm({
  connection,
  onPublished,
}: {
  connection: Connection;
  onPublished(message: Incoming): void;
}) {
  const say = useText();
  const [topic, setTopic] = useState('testtopic/1');
  const [payload, setPayload] = useState('{ "msg": "hello" }');
  const [qos, setQos] = useState('0');
  const [isRetained, setRetained] = useState(false);
  const publish = async () => {
    await connection.publish(topic, payload, qosOf(qos), isRetained);
    onPublished({
      id: nextMessageId(),
      topic,
      payload: new TextEncoder().encode(payload),
      qos: qosOf(qos),
      isRetained,
      at: Date.now(),
    });
  };
  return (
    <Panel title={say('websocket.publish')}>
      <Form submitLabel={say('websocket.publish')} isDisabled={connection.state !== 'connected'} onSubmit={publish}>
        <div className="form-row">
          <TextField
            label={say('message.topic')}
            required
            value={topic}
            onChange={event => setTopic(event.target.value)}
          />
          <SelectField label="QoS" choices={QOS_CHOICES} value={qos} onChange={event => setQos(event.target.value)} />
        </div>
        <TextArea label={say('message.payload')} value={payload} onChange={event => setPayload(event.target.value)} />
        <CheckField
          label={say('message.retained')}
          checked={isRetained}
          onChange={event => setRetained(event.target.checked)}
        />
      </Form>
    </Panel>
  );
}
