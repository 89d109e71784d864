/** A list kept as text, the empty list where it is none. */
export function parseList(text: string | null | undefined) {
  if (!text) return []
  try {
    const value = JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

/** An object kept as text, the empty object where it is none. */
export function parseObject(text: string | null | undefined): any {
  if (!text) return {}
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
