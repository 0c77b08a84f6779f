package demo

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/faq"
	"parley/app/platform/access"
)

// entries are the FAQ entries of the demo.
var entries = []struct{ category, question, answer string }{
	{
		"Delivery", "Do you deliver to other countries, and what does it cost?",
		"Yes. Delivery within the EU costs **€4.90**, and to Norway, Switzerland and the United Kingdom €6.90. It takes three to five working days and is free for orders of €60 or more.",
	},
	{
		"Delivery", "Where is my parcel?",
		"You can track your parcel under [your orders](https://tea.example/orders) as soon as it has been shipped. If the tracking has not changed for three working days, send us your order number and we will ask the carrier.",
	},
	{
		"Delivery", "My parcel is marked as delivered, but I did not get it.",
		"I am sorry to hear that! Please check with your neighbors and look for a notice in your mailbox. If you cannot find it, send us your order number: we will ask the carrier, and ship it again if it is lost.",
	},
	{
		"Delivery", "Do you ship on Saturdays?",
		"We ship from Monday to Friday; orders placed by noon are shipped the same day. Parcels are delivered on Saturdays as well.",
	},
	{
		"Returns", "How can I return something?",
		"You can return unopened products within 30 days:\n1. Print a return label under [your orders](https://tea.example/orders).\n2. Put it on the parcel.\n3. Take the parcel to any post office.\nYou get your money back within five working days after it has arrived.",
	},
	{"Returns", "When do I get my money back?", "Within five working days after we receive your parcel, to the payment method that you used."},
	{
		"Tea", "Which of your green teas has the least caffeine?",
		"*Sencha Kyoto* and especially *Bancha* have little caffeine. *Houjicha*, which is roasted, has the least: about 8 mg per cup.",
	},
	{
		"Tea", "How long does an opened bag keep?",
		"Tightly closed, in a dry and dark place: six months for green tea, a year for black tea and herbs. After that it loses its flavor, but is still safe to drink.",
	},
	{
		"Tea", "Are your teas fair trade and organic?",
		"All our black and green teas are organic (DE-ÖKO-006), and those with the blue seal are fair trade as well. The *Captain’s Blend* is both.",
	},
	{"Order", "Can you wrap it as a gift?", "Of course! Choose “Gift” at checkout and add a card. It is free for orders of €20 or more."},
	{
		"Order", "How can I change the address of my order?",
		"As long as it has not been shipped, send us your order number and the new address, and we will change it right away.",
	},
	{"Payment", "Which payment methods do you accept?", "Card, PayPal, Klarna invoice and bank transfer. Invoices are due within 14 days."},
	{
		"Payment", "My voucher code does not work.",
		"Vouchers are valid for three years and cannot be combined. Please send us the code, and we will find out what is wrong with it.",
	},
}

var snippets = []faq.Snippet{
	{Name: "hello", Keys: "Ctrl+Shift+H", Body: "{greeting} {visitor|}! My name is {agent}. How can I help you?"},
	{Name: "moment", Body: "One moment, please. I am looking it up for you."},
	{Name: "number", Body: "Could you please tell me your order number? You can find it in your confirmation email."},
	{Name: "bye", Keys: "Ctrl+Shift+Y", Body: "Thank you for contacting {website}. Have a nice day!"},
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
	for _, t := range []string{"Delivery", "Return", "Complaint", "Compliment"} {
		if err := h.Conversations.CreateTag(ctx, who, t); err != nil {
			return err
		}
	}
	return nil
}
