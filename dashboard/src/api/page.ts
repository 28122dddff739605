// Lists that come in pages.
export interface Page<T> {
  readonly data: readonly T[];
  readonly meta: { readonly page: number; readonly limit: number; readonly count?: number; readonly hasnext: boolean };
}
