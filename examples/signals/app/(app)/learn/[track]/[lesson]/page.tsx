import { notFound } from 'next/navigation'
import { MDXRemote } from 'next-mdx-remote/rsc'
import { requireUser } from '@/lib/auth'
import { parseList } from '@/lib/json'
import { prisma } from '@/lib/prisma'

type Props = { params: Promise<{ track: string; lesson: string }> }

interface LessonResource {
  title: string
  url: string
}

export default async function LessonPage({ params }: Props) {
  const user = await requireUser()
  const { track, lesson: slug } = await params
  const lesson = await prisma.lesson.findFirst({
    where: { slug, section: { track: { slug: track, enrollments: { some: { userId: user.id } } } } },
    include: { video: true, quiz: { select: { id: true, title: true } } },
  })
  if (!lesson) notFound()
  const resources = parseList(lesson.resources) as LessonResource[]
  return (
    <article>
      <h1>{lesson.title}</h1>
      {lesson.video && <video src={lesson.video.url} controls />}
      <MDXRemote source={lesson.contentMDX} />
      <ul>
        {resources.map((resource) => (
          <li key={resource.url}>
            <a href={resource.url}>{resource.title}</a>
          </li>
        ))}
      </ul>
    </article>
  )
}
