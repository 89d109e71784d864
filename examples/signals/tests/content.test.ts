import { describe, expect, it } from 'vitest'
import { mayRead, tiersFor } from '@/lib/entitlements'
import { parseList } from '@/lib/json'
import { slugify } from '@/lib/slug'

describe('slugify', () => {
  it('keeps letters and digits', () => {
    expect(slugify('Où va le S&P 500?')).toBe('ou-va-le-s-p-500')
  })
})

describe('tiersFor', () => {
  it('includes those below', () => {
    expect(tiersFor({ tier: 'pro' })).toEqual(['free', 'pro'])
  })

  it('lets nobody read above his own', () => {
    expect(mayRead(null, 'pro')).toBe(false)
  })
})

describe('parseList', () => {
  it('is empty for what is no list', () => {
    expect(parseList('{}')).toEqual([])
    expect(parseList('not json')).toEqual([])
  })
})
