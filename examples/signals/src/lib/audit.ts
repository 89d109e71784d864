import { prisma } from '@/lib/prisma'

/** Records what somebody did in the administration. */
export async function logAudit(
  userId: string,
  action: string,
  entity: string,
  entityId: string,
  changes?: unknown,
) {
  await prisma.audit.create({
    data: { userId, action, entity, entityId, changes: changes ? JSON.stringify(changes) : null },
  })
}
