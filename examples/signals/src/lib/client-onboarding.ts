import { prisma } from '@/lib/prisma'
import { newToken } from '@/lib/tokens'

export interface NewClient {
  name: string
  slug: string
  ownerId: string
  invite: string[]
}

const INVITATION_DAYS = 14

/** A client with its owner, its first channel and its invitations: all of them or nothing. */
export async function onboardClient({ name, slug, ownerId, invite }: NewClient, invitedById: string) {
  const expiresAt = new Date(Date.now() + INVITATION_DAYS * 24 * 60 * 60 * 1000)
  const invitations = invite.map((email) => ({ email, ...newToken() }))
  const client = await prisma.$transaction(async (tx) => {
    const created = await tx.client.create({ data: { name, slug } })
    await tx.membership.create({ data: { userId: ownerId, clientId: created.id, role: 'owner' } })
    await tx.channel.create({ data: { clientId: created.id, slug: `${slug}-general`, name: 'General' } })
    await tx.invitation.createMany({
      data: invitations.map(({ email, tokenHash }) => ({
        clientId: created.id,
        email,
        tokenHash,
        invitedById,
        expiresAt,
      })),
    })
    return created
  })
  return { client, links: invitations.map(({ email, token }) => ({ email, token })) }
}
