import type { Campaign, Post } from "@shared/schema";
import { PostCard } from "@/components/PostCard";
import { useAnswer } from "@/lib/useAnswer";

type CampaignWithPosts = Campaign & { posts: Post[] };

export function Campaigns() {
  const campaigns = useAnswer<CampaignWithPosts[]>("/campaigns");
  return (
    <section>
      {campaigns?.map((campaign) => (
        <div key={campaign.id}>
          <h2>
            {campaign.name} ({campaign.status})
          </h2>
          {campaign.posts.map((post) => (
            <PostCard key={post.id} post={post} />
          ))}
        </div>
      ))}
    </section>
  );
}
