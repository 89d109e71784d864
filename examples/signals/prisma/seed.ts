import { PrismaClient } from '@prisma/client'

const prisma = new PrismaClient()

const SYMBOLS = ['BTC', 'ETH', 'SOL', 'ES', 'NQ', 'GC']

async function main() {
  const editor = await prisma.user.upsert({
    where: { email: 'editor@example.com' },
    create: { email: 'editor@example.com', name: 'Editor', role: 'editor', tier: 'elite' },
    update: {},
  })
  await prisma.content.upsert({
    where: { slug: 'how-we-read-a-chart' },
    create: {
      slug: 'how-we-read-a-chart',
      kind: 'guide',
      title: 'How we read a chart',
      body: '# How we read a chart\n\nFrom left to right.',
      tags: JSON.stringify(['basics', 'analysis']),
      publishedAt: new Date(),
      authorId: editor.id,
    },
    update: {},
  })
  await prisma.signalTrade.createMany({
    data: SYMBOLS.map((symbol, n) => ({
      symbol,
      direction: n % 2 ? 'short' : 'long',
      entryPrice: 100 + n,
      riskPct: 1,
      entryTime: new Date(Date.UTC(2024, 10, 1 + n)),
      createdById: editor.id,
    })),
  })
  await prisma.track.upsert({
    where: { slug: 'first-steps' },
    create: {
      slug: 'first-steps',
      title: 'First steps',
      published: true,
      sections: {
        create: {
          title: 'Orders',
          position: 1,
          lessons: { create: { slug: 'market-orders', title: 'Market orders', contentMDX: 'Buy **now**.', position: 1 } },
        },
      },
    },
    update: {},
  })
}

main().finally(() => prisma.$disconnect())
