import type { User } from '@prisma/client'

export const TIERS = ['free', 'pro', 'elite'] as const
export type Tier = (typeof TIERS)[number]

/** The tiers whose content a user may read, his own and those below. */
export function tiersFor(user: Pick<User, 'tier'> | null): Tier[] {
  const own = TIERS.indexOf((user?.tier ?? 'free') as Tier)
  return TIERS.slice(0, Math.max(own, 0) + 1)
}

export function mayRead(user: Pick<User, 'tier'> | null, minTier: string) {
  return tiersFor(user).includes(minTier as Tier)
}
