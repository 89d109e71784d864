/** What pages and routes are cached under, for `revalidateTag`. */
export const SIGNALS_TAG = 'signals'
export const CONTENT_TAG = 'content'
