// A rule by which topics become others, made or changed.
import { useState } from 'react';
import { Dialog } from '../../parts/dialog';
import { SelectField, TextField } from '../../parts/field';
import { Form } from '../../parts/form';
import { notify } from '../../parts/notices';
import { useText } from '../../text/text';

const ACTIONS = ['all', 'publish', 'subscribe'] as const;

export interface RewriteRule {
  readonly action: (typeof ACTIONS)[number];
  readonly source_topic: string;
  readonly re: string;
  readonly dest_topic: string;
}

export interface RewriteDialogProps {
  // Absent for a new one.
  readonly rule: RewriteRule | undefined;
  onSave(rule: RewriteRule): Promise<void>;
  onClose(): void;
}

const FIRST: RewriteRule = { action: 'all', source_topic: '', re: '', dest_topic: '' };

export function RewriteDialog({ rule: before, onSave, onClose }: RewriteDialogProps) {
  const say = useText();
  const [rule, setRule] = useState(before ?? FIRST);
  const change = (part: Partial<RewriteRule>) => setRule(one => ({ ...one, ...part }));
  const save = async () => {
    await onSave(rule);
    notify(say('rewrite.saved'));
    onClose();
  };
  return (
    <Dialog title={say(before === undefined ? 'rewrite.add' : 'rewrite.change')} onClose={onClose}>
      <Form submitLabel={say('action.save')} onSubmit={save} onCancel={onClose}>
        <SelectField
          label={say('rewrite.action')}
          choices={ACTIONS.map(value => ({ value, label: say(`rewrite.action.${value}`) }))}
          value={rule.action}
          onChange={event => change({ action: ACTIONS.find(one => one === event.target.value) ?? 'all' })}
        />
        <TextField
          label={say('rewrite.source')}
          hint={say('rewrite.source_hint')}
          required
          autoFocus
          placeholder="x/#"
          value={rule.source_topic}
          onChange={event => change({ source_topic: event.target.value })}
        />
        <TextField
          label={say('rewrite.re')}
          hint={say('rewrite.re_hint')}
          required
          placeholder="^x/(.+)$"
          value={rule.re}
          onChange={event => change({ re: event.target.value })}
        />
        <TextField
          label={say('rewrite.dest')}
          hint={say('rewrite.dest_hint')}
          required
          placeholder="z/$1"
          value={rule.dest_topic}
          onChange={event => change({ dest_topic: event.target.value })}
        />
      </Form>
    </Dialog>
  );
}
