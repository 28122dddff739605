// Why something did not work.
import { RequestError } from '../api/request';
import { useErrorCode } from '../text/error_codes';
import { useText } from '../text/text';
import { Button } from './button';

export function ErrorNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const say = useText();
  return (
    <div className="note note-danger" role="alert">
      <p>{useErrorText()(error)}</p>
      {onRetry && (
        <Button icon="refresh" onClick={onRetry}>
          {say('action.retry')}
        </Button>
      )}
    </div>
  );
}

export function useErrorText(): (error: unknown) => string {
  const say = useText();
  const codeText = useErrorCode();
  return error => {
    if (!(error instanceof RequestError)) {
      return String(error instanceof Error ? error.message : error);
    }
    if (error.status === 0) {
      return say('error.no_answer');
    }
    if (error.status === 403 && error.code === 'UNAUTHORIZED_ROLE') {
      return say('error.role');
    }
    const code = codeText(error.code);
    return code === undefined ? error.message : `${code}（${error.message}）`;
  };
}
