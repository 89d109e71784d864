import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { NextResponse } from 'next/server'
import { currentUser, hasRole } from '@/lib/auth'
import { prisma } from '@/lib/prisma'

const TYPES: Record<string, string> = {
  'application/pdf': '.pdf',
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'text/csv': '.csv',
}
const LARGEST = 20 * 1024 * 1024

export async function POST(request: Request) {
  try {
    const user = await currentUser()
    if (!user || !hasRole(user, 'editor')) return NextResponse.json({ error: 'Forbidden' }, { status: 403 })
    const form = await request.formData()
    const file = form.get('file')
    if (!(file instanceof File)) return NextResponse.json({ error: 'A file is missing' }, { status: 400 })
    if (!(file.type in TYPES)) return NextResponse.json({ error: 'This type is not allowed' }, { status: 415 })
    if (file.size > LARGEST) return NextResponse.json({ error: 'The file is too large' }, { status: 413 })

    const title = String(form.get('title') ?? file.name)
    const slug = title.toLowerCase().replace(/[^a-z0-9]+/g, '-')
    const name = `${randomUUID()}${TYPES[file.type]}`
    await writeFile(path.join(process.env.UPLOAD_DIR ?? './uploads', name), Buffer.from(await file.arrayBuffer()))
    const resource = await prisma.resource.create({
      data: {
        slug,
        title,
        fileUrl: `/files/${name}`,
        mimeType: file.type,
        sizeBytes: file.size,
        uploadedById: user.id,
      },
    })
    return NextResponse.json(resource, { status: 201 })
  } catch (error) {
    console.error('Upload error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
