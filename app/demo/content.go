package demo

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/faq"
	"parley/app/platform/access"
)

// What the demo's agents answer with.
var entries = []struct{ category, question, answer string }{
	{
		"Delivery", "Do you deliver to other countries, and what does it cost?",
		"Yes. Delivery within the EU is **€ 4.90**, to Norway, Switzerland and the United Kingdom € 6.90, and takes three to five working days. From € 60 on it is free.",
	},
	{
		"Delivery", "Where is my parcel?",
		"You find the way of your parcel under [your orders](https://tea.example/orders), as soon as it has left us. If nothing has changed there for three working days, tell us your order number and we ask the carrier.",
	},
	{
		"Delivery", "My parcel is said to be delivered, but I did not get it.",
		"I am sorry! Please look whether a neighbour has it, or a notice is in your letterbox. If not, tell us your order number: we ask the carrier, and send it again if it is lost.",
	},
	{
		"Delivery", "Do you ship on Saturdays?",
		"We pack from Monday to Friday; what is ordered by noon leaves us the same day. Parcels are delivered on Saturdays, too.",
	},
	{
		"Returns", "How can I send something back?",
		"Within 30 days, unopened:\n1. Ask for a label under [your orders](https://tea.example/orders).\n2. Put it on the parcel.\n3. Bring the parcel to any post office.\nThe money comes back within five working days after it has arrived.",
	},
	{"Returns", "When do I get my money back?", "Within five working days after your parcel has reached us, in the way you paid."},
	{
		"Tea", "Which of your green teas has the least caffeine?",
		"*Sencha Kyoto* and above all *Bancha* have little caffeine; *Houjicha*, which is roasted, has the least: about 8 mg a cup.",
	},
	{
		"Tea", "How long does an opened bag keep?",
		"Closed tightly, dry and dark: green tea six months, black tea and herbs a year. Then it loses its taste, but is still good to drink.",
	},
	{
		"Tea", "Are your teas fair trade and organic?",
		"All our black and green teas are organic (DE-ÖKO-006), and those with the blue seal are fair trade, too. The *Captain’s Blend* has both.",
	},
	{"Order", "Can you wrap it as a gift?", "Of course! Choose “gift” at the checkout and write a card; it is free from € 20 on."},
	{
		"Order", "How can I change the address of my order?",
		"As long as it has not left us: tell us your order number and the new address, and we change it at once.",
	},
	{"Payment", "Which ways of paying are there?", "Card, PayPal, Klarna invoice and bank transfer. Invoices are due after 14 days."},
	{
		"Payment", "My voucher code does not work.",
		"Vouchers are good for three years and cannot be used together. Please tell us the code: we look what is wrong with it.",
	},
}

var snippets = []faq.Snippet{
	{Name: "hello", Keys: "Ctrl+Shift+H", Body: "{greeting} {visitor|}! My name is {agent}. How can I help you?"},
	{Name: "moment", Body: "One moment please, I look it up for you."},
	{Name: "number", Body: "Could you tell me your order number, please? It is in the mail that confirms your order."},
	{Name: "bye", Keys: "Ctrl+Shift+Y", Body: "Thank you for writing to {website}. Have a nice day!"},
}

// AddContent gives an organization FAQ entries and snippets.
func AddContent(ctx context.Context, h Services, who access.Actor, customer uuid.UUID) error {
	for _, e := range entries {
		_, _, err := h.FAQ.SaveEntry(ctx, who, faq.Entry{Category: e.category, State: faq.Published, Scope: faq.Scope{Customer: customer},
			Texts: []faq.Text{{Language: "en", Question: e.question, Answer: e.answer}}})
		if err != nil {
			return err
		}
	}
	for _, s := range snippets {
		if err := h.FAQ.SaveSnippet(ctx, who, s); err != nil {
			return err
		}
	}
	for _, t := range []string{"Delivery", "Return", "Complaint", "Praise"} {
		if err := h.Conversations.CreateTag(ctx, who, t); err != nil {
			return err
		}
	}
	return nil
}
