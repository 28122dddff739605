// A page that fails leaves the menu standing. After an upgrade of the node its old pages are gone: then a reload helps.
import { Component, type ReactNode } from 'react';
import { ErrorNote } from '../parts/error_note';

interface State {
  readonly error: unknown;
}

export class PageBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: undefined };

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override render() {
    const { error } = this.state;
    return error === undefined ? (
      this.props.children
    ) : (
      <ErrorNote error={error} onRetry={() => window.location.reload()} />
    );
  }
}
