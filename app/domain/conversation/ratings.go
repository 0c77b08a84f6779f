package conversation

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// Rating is a visitor's rating of a conversation.
type Rating struct {
	Value   int  // 1 to 5; thumbs: 1 or 5
	Thumbs  bool // up or down, instead of stars
	Reasons []string
	Comment string
	At      time.Time // filled by RatingReport
}

// Rate stores a visitor's rating of its closed conversation: the first, or another within a day. fail.Conflict otherwise.
func (s *Service) Rate(ctx context.Context, actor access.Actor, conversation uuid.UUID, in Rating) error {
	if !actor.IsVisitor() {
		return fail.New(fail.Forbidden, "Only visitors can rate a conversation.")
	}
	if in.Value < 1 || in.Value > 5 || in.Thumbs && in.Value != 1 && in.Value != 5 || len(in.Reasons) > 12 {
		return fail.New(fail.Invalid, "Choose one of the ratings shown.")
	}
	var err error
	for i := range in.Reasons {
		if in.Reasons[i], err = validate.Name("a reason", in.Reasons[i], 60); err != nil {
			return err
		}
	}
	if in.Comment, err = validate.OptionalText("the comment", in.Comment, 2000); err != nil {
		return err
	}
	if in.Reasons == nil {
		in.Reasons = []string{}
	}
	_, err = conversationdb.New(s.db.As(actor)).RateConversation(ctx, conversationdb.RateConversationParams{
		ConversationID: conversation,
		VisitorID:      actor.ID(),
		Value:          int16(in.Value),
		Thumbs:         in.Thumbs,
		Reasons:        in.Reasons,
		Comment:        in.Comment,
	})
	if pg.IsNoRows(err) {
		return fail.New(fail.Conflict,
			"You cannot rate this conversation: it has not ended yet, or you rated it more than a day ago.").WithReason("rated")
	}
	return err
}

// Symbols returns the rating as stars or a thumb.
func (r Rating) Symbols() string {
	switch {
	case !r.Thumbs:
		return strings.Repeat("★", r.Value) + strings.Repeat("☆", 5-r.Value)
	case r.Value > 3:
		return "👍"
	}
	return "👎"
}

// RatingSummary sums up the ratings of an agent, group, customer or website.
type RatingSummary struct {
	Name   string
	Thumbs bool // else stars
	Count  int
	Mean   float64 // of the stars
	Good   int     // four or five stars, or thumbs up
	Bad    int     // one or two, or thumbs down
}

// CommentedRating is a rating with a comment or reasons.
type CommentedRating struct {
	Rating
	Conversation uuid.UUID
	AgentName    string
	WebsiteName  string
}

// RatingDimensions lists by what ratings can be summed up.
var RatingDimensions = []string{"agent", "group", "customer", "website"}

// RatingReport sums up the ratings from since until before until, by one of RatingDimensions, and returns the newest 50 with comments.
func (s *Service) RatingReport(
	ctx context.Context, actor access.Actor, dimension string, since, until time.Time,
) (summaries []RatingSummary, commented []CommentedRating, err error) {
	t, err := s.db.Authorize(actor, access.RatingRead)
	if err != nil {
		return nil, nil, err
	}
	ctx = pg.WithLongWork(ctx)
	q := conversationdb.New(t)
	rows, err := q.SummarizeRatings(ctx, conversationdb.SummarizeRatingsParams{By: dimension, Since: since, Until: until})
	for _, row := range rows {
		summaries = append(summaries, RatingSummary{row.Name, row.Thumbs, int(row.Ratings), row.Mean, int(row.Good), int(row.Bad)})
	}
	if err != nil {
		return nil, nil, err
	}
	comments, err := q.ListRatingComments(ctx, conversationdb.ListRatingCommentsParams{Since: since, Until: until})
	for _, row := range comments {
		commented = append(commented, CommentedRating{
			Rating{int(row.Value), row.Thumbs, row.Reasons, row.Comment, row.RatedAt},
			row.ConversationID,
			row.AgentName,
			row.WebsiteName,
		})
	}
	return summaries, commented, err
}
