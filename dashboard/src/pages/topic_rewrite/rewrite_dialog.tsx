// A rule by which topics become others, made or changed.
import { EditDialog } from '../../parts/edit_dialog';
import { SelectField, TextField } from '../../parts/field';
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

const TEXTS = [
  { key: 'source_topic', text: 'source', example: 'x/#' },
  { key: 're', text: 're', example: '^x/(.+)$' },
  { key: 'dest_topic', text: 'dest', example: 'z/$1' },
] as const;

export function RewriteDialog({ rule: before, onSave, onClose }: RewriteDialogProps) {
  const say = useText();
  return (
    <EditDialog
      title={say(before === undefined ? 'rewrite.add' : 'rewrite.change')}
      first={before ?? FIRST}
      done={say('rewrite.saved')}
      onSave={onSave}
      onClose={onClose}
    >
      {(rule, change) => (
        <>
          <SelectField
            label={say('rewrite.action')}
            choices={ACTIONS.map(value => ({ value, label: say(`rewrite.action.${value}`) }))}
            value={rule.action}
            onChange={event => change({ action: ACTIONS.find(one => one === event.target.value) ?? 'all' })}
          />
          {TEXTS.map(({ key, text, example }) => (
            <TextField
              key={key}
              label={say(`rewrite.${text}`)}
              hint={say(`rewrite.${text}_hint`)}
              required
              autoFocus={key === 'source_topic'}
              placeholder={example}
              value={rule[key]}
              onChange={event => change({ [key]: event.target.value })}
            />
          ))}
        </>
      )}
    </EditDialog>
  );
}
