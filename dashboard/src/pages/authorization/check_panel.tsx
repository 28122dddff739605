// May client X publish to Y, and which rule decides?
import { useState } from 'react';
import { request } from '../../api/request';
import { Badge } from '../../parts/badge';
import { SelectField, TextField } from '../../parts/field';
import { Form } from '../../parts/form';
import { Panel } from '../../parts/panel';
import { useRoute } from '../../state/route';
import { useReason } from '../../text/reasons';
import { useText } from '../../text/text';

interface Report {
  readonly authentication?: {
    readonly result: 'allow' | 'deny';
    readonly authenticator?: string;
    readonly reason?: string;
  };
  readonly result: 'allow' | 'deny';
  readonly decided_by: string;
  readonly rule?: string;
  readonly sources: readonly {
    readonly type: string;
    readonly result: 'allow' | 'deny' | 'failed' | 'nomatch' | 'skipped';
  }[];
}

export function CheckPanel() {
  const say = useText();
  // Whoever comes from the timeline of a client asks about what happened there.
  const { query } = useRoute();
  const [clientid, setClientId] = useState(query.get('clientid') ?? '');
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [action, setAction] = useState(query.get('action') ?? 'publish');
  const [topic, setTopic] = useState(query.get('topic') ?? '');
  const [report, setReport] = useState<Report | null>(null);
  const check = async () => {
    setReport(null);
    const optional = { ...(username !== '' && { username }), ...(password !== '' && { password }) };
    setReport(
      await request<Report>('POST', '/authorization/check', { body: { clientid, action, topic, ...optional } }),
    );
  };
  return (
    <Panel title={say('check.title')}>
      <Form submitLabel={say('check.action')} onSubmit={check}>
        <div className="form-row">
          <TextField
            label={say('client.id')}
            required
            value={clientid}
            onChange={event => setClientId(event.target.value)}
          />
          <TextField
            label={say('client.username')}
            autoComplete="off"
            value={username}
            onChange={event => setUsername(event.target.value)}
          />
          <TextField
            label={say('login.password')}
            hint={say('check.password_hint')}
            type="password"
            autoComplete="new-password"
            value={password}
            onChange={event => setPassword(event.target.value)}
          />
          <SelectField
            label={say('check.wish')}
            choices={[
              { value: 'publish', label: say('websocket.publish') },
              { value: 'subscribe', label: say('subscription.add') },
            ]}
            value={action}
            onChange={event => setAction(event.target.value)}
          />
          <TextField
            label={say('message.topic')}
            required
            value={topic}
            onChange={event => setTopic(event.target.value)}
          />
        </div>
      </Form>
      <div aria-live="polite">{report && <Verdict report={report} />}</div>
    </Panel>
  );
}

function Verdict({ report }: { report: Report }) {
  const say = useText();
  const reasonOf = useReason();
  const { authentication } = report;
  return (
    <div className="note note-info verdict">
      <p className="verdict-head">
        <Badge tone={report.result === 'allow' ? 'good' : 'bad'}>{say(`verdict.${report.result}`)}</Badge>
        <span>{say('check.decided_by', { who: reasonOf(report.decided_by) })}</span>
      </p>
      {report.rule && <code>{report.rule}</code>}
      {authentication && (
        <p>
          {say('check.authentication', {
            result: say(`verdict.${authentication.result}`),
            who: authentication.authenticator ?? '–',
          })}{' '}
          {authentication.reason && reasonOf(authentication.reason)}
        </p>
      )}
      {report.sources.length > 0 && (
        <p className="faint">
          {report.sources.map(source => `${source.type}: ${say(`verdict.${source.result}`)}`).join(' → ')}
        </p>
      )}
    </div>
  );
}
