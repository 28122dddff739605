// How retained messages are kept.
import { KeysDialog } from '../../parts/keys_dialog';
import { useText } from '../../text/text';

export function RetainerDialog({ onClose }: { onClose(): void }) {
  const say = useText();
  const limit = { hint: say('keys.infinity_hint') };
  return (
    <KeysDialog
      title={say('retainer.title')}
      path="/mqtt/retainer"
      onClose={onClose}
      fields={[
        { key: 'enable', label: say('retainer.enable') },
        { key: 'backend.max_retained_messages', label: say('retainer.messages'), ...limit },
        { key: 'max_payload_size', label: say('retainer.payload'), hint: say('retainer.payload_hint') },
        { key: 'msg_expiry_interval', label: say('retainer.expiry'), hint: say('retainer.expiry_hint') },
        { key: 'max_publish_rate', label: say('retainer.publish_rate'), hint: say('keys.rate_hint') },
        { key: 'delivery_rate', label: say('retainer.delivery_rate'), hint: say('keys.rate_hint') },
        { key: 'stop_publish_clear_msg', label: say('retainer.stop_clear') },
      ]}
    />
  );
}
