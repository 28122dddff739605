// A subscription that every client gets, made or changed.
import { EditDialog } from '../../parts/edit_dialog';
import { CheckField, SelectField, TextField } from '../../parts/field';
import { useText } from '../../text/text';

export interface AutoSubscription {
  readonly topic: string;
  readonly qos: number;
  readonly rh: number;
  readonly rap: number;
  readonly nl: number;
}

export interface AutoSubscriptionDialogProps {
  // Absent for a new one.
  readonly entry: AutoSubscription | undefined;
  onSave(entry: AutoSubscription): Promise<void>;
  onClose(): void;
}

const FIRST: AutoSubscription = { topic: '', qos: 0, rh: 0, rap: 0, nl: 0 };
const NUMBERS = ['0', '1', '2'] as const;

export function AutoSubscriptionDialog({ entry: before, onSave, onClose }: AutoSubscriptionDialogProps) {
  const say = useText();
  return (
    <EditDialog
      title={say(before === undefined ? 'auto_subscribe.add' : 'auto_subscribe.change')}
      first={before ?? FIRST}
      done={say('auto_subscribe.saved')}
      onSave={onSave}
      onClose={onClose}
    >
      {(entry, change) => (
        <>
          <TextField
            label={say('subscription.topic')}
            hint={say('auto_subscribe.topic_hint')}
            required
            autoFocus
            value={entry.topic}
            onChange={event => change({ topic: event.target.value })}
          />
          <div className="form-row">
            <SelectField
              label="QoS"
              choices={NUMBERS.map(value => ({ value, label: value }))}
              value={String(entry.qos)}
              onChange={event => change({ qos: Number(event.target.value) })}
            />
            <SelectField
              label={say('page.retained')}
              choices={NUMBERS.map(value => ({ value, label: say(`retain_handling.${value}`) }))}
              value={String(entry.rh)}
              onChange={event => change({ rh: Number(event.target.value) })}
            />
          </div>
          <CheckField
            label={say('subscription.no_local')}
            hint={say('subscription.no_local_hint')}
            checked={entry.nl === 1}
            onChange={event => change({ nl: Number(event.target.checked) })}
          />
          <CheckField
            label={say('subscription.retain_as_published')}
            hint={say('subscription.retain_as_published_hint')}
            checked={entry.rap === 1}
            onChange={event => change({ rap: Number(event.target.checked) })}
          />
        </>
      )}
    </EditDialog>
  );
}
