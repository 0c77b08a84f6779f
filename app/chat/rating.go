package chat

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/chat/internal/chatdb"
	"parley/app/fail"
	"parley/app/pg"
)

// Rating is the visitor's verdict on a conversation.
type Rating struct {
	Value   int  // 1 to 5; thumbs: 1 or 5
	Thumbs  bool // up or down, instead of stars
	Reasons []string
	Comment string
	At      time.Time // when it was given; filled by Ratings
}

// Rate keeps a visitor's verdict on its closed conversation: the first, or another within a day.
func (r *Room) Rate(ctx context.Context, who access.Actor, conversation uuid.UUID, in Rating) error {
	if !who.IsVisitor() {
		return fail.New(fail.Forbidden, "Only a visitor can rate a conversation.")
	}
	if in.Value < 1 || in.Value > 5 || in.Thumbs && in.Value != 1 && in.Value != 5 || len(in.Reasons) > 12 {
		return fail.New(fail.Invalid, "This is no rating.")
	}
	var err error
	for i := range in.Reasons {
		if in.Reasons[i], err = fail.Name("a reason", in.Reasons[i], 60); err != nil {
			return err
		}
	}
	if in.Comment, err = fail.OptionalText("the comment", in.Comment, 2000); err != nil {
		return err
	}
	if in.Reasons == nil {
		in.Reasons = []string{}
	}
	_, err = chatdb.New(r.db.As(who)).Rate(ctx, chatdb.RateParams{ConversationID: conversation, VisitorID: who.ID(), Value: int16(in.Value), Thumbs: in.Thumbs,
		Reasons: in.Reasons, Comment: in.Comment})
	if pg.None(err) {
		return fail.New(fail.Conflict, "This conversation cannot be rated now: it has not ended, or was rated more than a day ago.").Because("rated")
	}
	return err
}

// Marks is the verdict at a glance.
func (r Rating) Marks() string {
	switch {
	case !r.Thumbs:
		return strings.Repeat("★", r.Value) + strings.Repeat("☆", 5-r.Value)
	case r.Value > 3:
		return "👍"
	}
	return "👎"
}

// Verdicts is how visitors rated what somebody or something did.
type Verdicts struct {
	Name    string
	Thumbs  bool // else stars
	Ratings int
	Mean    float64 // of the stars
	Good    int     // four or five stars, or thumbs up
	Bad     int     // one or two, or thumbs down
}

// Verdict is one with words.
type Verdict struct {
	Rating
	Conversation uuid.UUID
	AgentName    string
	WebsiteName  string
}

// RatingsBy is by what ratings can be summed up.
var RatingsBy = []string{"agent", "group", "customer", "website"}

// Ratings sums up the verdicts of a time by one of RatingsBy, and returns the newest with words.
func (r *Room) Ratings(ctx context.Context, who access.Actor, by string, since, until time.Time) (list []Verdicts, said []Verdict, err error) {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return nil, nil, err
	}
	ctx = pg.Long(ctx)
	q := chatdb.New(t)
	rows, err := q.RatingsBy(ctx, chatdb.RatingsByParams{By: by, Since: since, Until: until})
	for _, row := range rows {
		list = append(list, Verdicts{row.Name, row.Thumbs, int(row.Ratings), row.Mean, int(row.Good), int(row.Bad)})
	}
	if err != nil {
		return nil, nil, err
	}
	words, err := q.RatingsSaid(ctx, chatdb.RatingsSaidParams{Since: since, Until: until})
	for _, row := range words {
		said = append(said, Verdict{Rating{int(row.Value), row.Thumbs, row.Reasons, row.Comment, row.RatedAt}, row.ConversationID, row.AgentName, row.WebsiteName})
	}
	return list, said, err
}
