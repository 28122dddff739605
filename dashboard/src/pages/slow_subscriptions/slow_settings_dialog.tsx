// What counts as a slow subscription.
import { request } from '../../api/request';
import { EditDialog } from '../../parts/edit_dialog';
import { CheckField, SelectField, TextField } from '../../parts/field';
import { useText } from '../../text/text';

const STATS_TYPES = ['whole', 'internal', 'response'] as const;

export interface SlowSettings {
  readonly enable: boolean;
  readonly threshold: string;
  readonly expire_interval: string;
  readonly top_k_num: number;
  readonly stats_type: (typeof STATS_TYPES)[number];
}

export function SlowSettingsDialog({ settings, onClose }: { settings: SlowSettings; onClose(): void }) {
  const say = useText();
  return (
    <EditDialog
      title={say('slow.change')}
      first={settings}
      done={say('settings.changed')}
      onSave={body => request('PUT', '/slow_subscriptions/settings', { body })}
      onClose={onClose}
    >
      {(wanted, change) => (
        <>
          <CheckField
            label={say('slow.enable')}
            checked={wanted.enable}
            onChange={event => change({ enable: event.target.checked })}
          />
          <TextField
            label={say('slow.threshold')}
            hint={say('slow.threshold_hint')}
            required
            value={wanted.threshold}
            onChange={event => change({ threshold: event.target.value })}
          />
          <SelectField
            label={say('slow.stats_type')}
            hint={say(`slow.${wanted.stats_type}_hint`)}
            choices={STATS_TYPES.map(value => ({ value, label: say(`slow.${value}`) }))}
            value={wanted.stats_type}
            onChange={event => change({ stats_type: event.target.value as SlowSettings['stats_type'] })}
          />
          <TextField
            label={say('slow.top_k_num')}
            type="number"
            required
            min={1}
            max={1000}
            value={wanted.top_k_num}
            onChange={event => change({ top_k_num: event.target.valueAsNumber })}
          />
          <TextField
            label={say('slow.expire_interval')}
            required
            value={wanted.expire_interval}
            onChange={event => change({ expire_interval: event.target.value })}
          />
        </>
      )}
    </EditDialog>
  );
}
