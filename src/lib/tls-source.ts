/** What a listener shows by TLS, as the texts of PEM files. */
export interface TlsPems {
  readonly cert: string;
  readonly key: string;
  /** Whose certificates of clients are believed; undefined: clients are not asked for one. */
  readonly ca: string | undefined;
}

/** Where a listener gets them, and hears of the next ones. */
export interface TlsSource {
  readonly current: TlsPems;
  onChange(listener: (next: TlsPems) => void): void;
}

/** Older versions are broken; every SDK has this one. */
export const MIN_TLS_VERSION = 'TLSv1.2';
/** Who connects and says nothing holds a socket no longer than this. */
export const TLS_HANDSHAKE_MS = 10_000;
