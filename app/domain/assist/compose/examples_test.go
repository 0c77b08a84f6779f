package compose_test

import "parley/app/domain/assist/compose"

func entry(id, language, question, answer string, confidence float64) compose.Entry {
	return compose.Entry{ID: id, Language: language, Question: question, Answer: answer, Confidence: confidence}
}

// FAQ entries of the examples.
var (
	ret = entry("e1", "en", "How do I return a parcel?", "You can return any item within **30 days** of delivery. It must be unused and in its original packaging. To start a return:\n\n1. Log in and open [My orders](https://shop.example/orders).\n2. Choose the item and print the label.\n3. Bring the parcel to any post office.\n\nThe refund is paid within 5 working days after the parcel has arrived. However, delivery costs are not refunded.", 0.8)
	whr = entry("e2", "en", "Where is my order?", "As soon as your order has left our warehouse, you receive an e-mail with a tracking link. Orders placed before 2 p.m. are shipped the same day. If the link shows no news for 3 days, please contact us.", 0.7)
	adr = entry("e3", "en", "Can I change the delivery address?", "Yes. As long as the order has not been shipped, you can change the address under *My orders*. After that, please refuse the delivery.", 0.5)
	de1 = entry("d1", "de", "Wie lange dauert die Lieferung?", "Innerhalb Deutschlands liefern wir in 2–3 Werktagen, z. B. mit DHL. Nach Österreich und in die Schweiz dauert es bis zu 6 Werktage. Bestellungen bis 14 Uhr verlassen am selben Tag unser Lager, Nr. 3 in Köln. Allerdings gilt das nicht an Feiertagen wie dem 3. Oktober.", 0.8)
	de2 = entry("d2", "de", "Was kostet der Versand?", "Der Versand kostet 4,90 €. Ab einem Bestellwert von 50 € ist er kostenlos.", 0.7)
)

// examples are what visitors write and what an FAQ holds, in all languages that have phrases and one that has none.
var examples = []compose.Input{
	{
		Visitor: "anna", Language: "en", Agent: "Lena", Messages: []string{"hi, how long do I have to send something back?"}, Hour: 9,
		Entries: []compose.Entry{ret, whr}},
	{
		Visitor: "Anna Miller", Language: "en", Agent: "Lena", Messages: []string{"when do I get my refund"}, Hour: 15,
		Entries: []compose.Entry{ret}},
	{
		Visitor: "", Language: "en", Messages: []string{"do you refund delivery costs?"}, Hour: 20,
		Entries: []compose.Entry{ret, whr, adr}},
	{
		Visitor: "x@y.z", Language: "en", Messages: []string{"what steps do I need, label print?"}, Hour: 3, Position: compose.LaterReply,
		Entries: []compose.Entry{ret, whr, adr}},
	{
		Visitor: "Ben", Language: "en", Messages: []string{"can i still change my address"}, Hour: 12,
		Entries: []compose.Entry{adr}},
	{
		Visitor: "Ben", Language: "en", Messages: []string{"Where is my parcel? I ordered yesterday at 1 p.m."}, Hour: 12,
		Entries: []compose.Entry{whr, ret}},
	{
		Visitor: "Jörg Braun", Language: "de-AT", Agent: "Mia", Messages: []string{"wie lange dauert es nach österreich?"}, Hour: 12,
		Entries: []compose.Entry{de1, de2}},
	{
		Visitor: "", Language: "de", Agent: "Mia", Messages: []string{"Wann geht meine Bestellung raus?"}, Hour: 8,
		Entries: []compose.Entry{de1}},
	{
		Visitor: "Gast", Language: "de", Agent: "Mia", Messages: []string{"Wie teuer ist der Versand und wann kommt das Paket?"}, Hour: 19,
		Entries: []compose.Entry{de2, de1}},
	{
		Visitor: "Eva", Language: "de", Messages: []string{"Versandkosten?"}, Hour: 19, Position: compose.LaterReply,
		Entries: []compose.Entry{de2}},
	{
		Visitor: "Eva", Language: "de", Messages: []string{"Mein Gerät macht seit gestern komische Geräusche"}, Hour: 19},
	{
		Visitor: "Eva", Language: "fr", Messages: []string{"Bonjour"}, Hour: 9},
	{
		Visitor: "Luc", Language: "fr", Agent: "Zoé", Messages: []string{"Puis-je retourner un article soldé ?"}, Hour: 9,
		Entries: []compose.Entry{entry("f1", "fr", "Comment retourner un article ?", "Vous disposez de 14 jours pour retourner un article. Les articles soldés peuvent être échangés. Toutefois, ils ne sont pas remboursés.", .8), entry("f2", "fr", "Quels sont les frais de retour ?", "Les frais de retour sont à votre charge (5,90 €).", .7)}},
	{
		Visitor: "Lucía", Language: "es", Agent: "Pablo", Messages: []string{"¿Cuánto tarda el envío a Canarias?"}, Hour: 15,
		Entries: []compose.Entry{entry("s1", "es", "¿Cuánto tarda el envío?", "Los pedidos llegan a la península en 24–48 horas. A Baleares y Canarias tardan de 5 a 7 días. Este plazo no incluye festivos.", .8), entry("s2", "es", "¿Cuánto cuesta el envío?", "El envío cuesta 3,95 €.", .6)}},
	{
		Visitor: "Sanne", Language: "nl", Agent: "Bo", Messages: []string{"kan ik met iDEAL betalen?"}, Hour: 13,
		Entries: []compose.Entry{entry("n1", "nl", "Welke betaalmethoden accepteren jullie?", "U kunt betalen met:\n- iDEAL\n- creditcard\n- PayPal\n\nAchteraf betalen is mogelijk via Klarna.", .8), entry("n2", "nl", "Hoe ontvang ik mijn factuur?", "De factuur staat in uw account.", .7)}},
	{
		Visitor: "João", Language: "pt", Agent: "Rita", Messages: []string{"Esqueci a minha palavra-passe"}, Hour: 20,
		Entries: []compose.Entry{entry("p1", "pt", "Como altero a palavra-passe?", "Clique em “Esqueci-me da palavra-passe” na página de entrada. Em seguida, receberá um e-mail com uma ligação. A ligação é válida durante 2 horas.", .8)}},
	{
		Visitor: "GIULIA", Language: "it", Agent: "Marco", Messages: []string{"Come annullo l'ordine?"}, Hour: 18,
		Entries: []compose.Entry{entry("i1", "it", "Posso annullare un ordine?", "Sì. L'ordine può essere annullato entro 2 ore dall'acquisto. Poi non è più possibile.", .8), entry("i2", "it", "Come ottengo il rimborso?", "Il rimborso arriva entro 10 giorni.", .75), entry("i3", "it", "Come faccio un reso?", "Stampare l'etichetta.", .6)}},
	{
		Visitor: "Kasia", Language: "pl", Agent: "Ola", Messages: []string{"Czy mogę odebrać paczkę w sobotę?"}, Hour: 10,
		Entries: []compose.Entry{entry("l1", "pl", "Gdzie mogę odebrać paczkę?", "Paczkę można odebrać w paczkomacie lub w sklepie przy ul. Długiej 5. W sobotę sklep jest otwarty do godz. 14. Uwaga: w niedzielę jest nieczynny.", .8), entry("l2", "pl", "Ile kosztuje dostawa?", "Dostawa kosztuje 12 zł.", .5)}},
	{
		Visitor: "Ayşe", Language: "tr", Agent: "Deniz", Messages: []string{"iade süresi kaç gün?"}, Hour: 12,
		Entries: []compose.Entry{entry("t1", "tr", "Ürünü nasıl iade ederim?", "Ürünü 14 gün içinde iade edebilirsiniz. Bunun için hesabınızdan iade kodu alın. Ancak iç giyim ürünleri iade edilemez.", .8), entry("t2", "tr", "Kargo ücreti ne kadar?", "Kargo ücreti 49 TL'dir.", .6)}},
	{
		Visitor: "سارة", Language: "ar", Agent: "ليلى", Messages: []string{"كم تستغرق مدة التوصيل إلى جدة؟"}, Hour: 9,
		Entries: []compose.Entry{entry("a1", "ar", "كم مدة التوصيل؟", "يتم التوصيل خلال 3 أيام عمل داخل الرياض. تستغرق مدة التوصيل إلى جدة 5 أيام. لكن لا يشمل ذلك أيام العطل.", .8), entry("a2", "ar", "كيف أتتبع طلبي؟", "يمكنكم تتبع الطلب من صفحة حسابي.", .6)}},
	{
		Visitor: "Anna", Language: "de", Messages: []string{"kann ich zurückgeben"}, Hour: 10,
		Entries: []compose.Entry{whr}},
	{
		Visitor: "Anna", Language: "en", Messages: []string{"does it work offline"}, Hour: 10,
		Entries: []compose.Entry{entry("g", "en", "Does the app work offline?", "# Offline mode\nThe app keeps the last 7 days offline. See https://help.example/offline?x=1.2 for details (in English). Photos are not included.", .9)}},
	{
		Visitor: "Anna", Language: "sv", Messages: []string{"hej"}, Hour: 10,
		Entries: []compose.Entry{entry("g", "sv", "Hur?", "Så här. Och så där.", .9)}},
	{
		Visitor: "Kim", Language: "en", Messages: []string{"internet is slow since yesterday, what can I do"}, Hour: 10,
		Entries: []compose.Entry{entry("g", "en", "My internet is slow", "Please try the following:\n\n- Restart the router.\n- Use a cable instead of Wi-Fi.\n- Close other downloads.\n\nIf the internet is still slow, send us the result of the speed test at `speed.example`.", .9)}},
	{
		Visitor: "Kim", Language: "en", Messages: []string{"do you ship to Norway and how much is it"}, Hour: 10, CustomPhrases: []compose.CustomPhrases{{Language: "en", Greeting: "Hi Kim, welcome to Brightline!", Closing: "Have a bright day!"}},
		Entries: []compose.Entry{entry("g", "en", "Where do you ship?", "We ship to all countries of the EU, and to Switzerland. We also ship to Norway and Iceland. Shipping to Norway costs € 12.90. Customs are paid by the recipient.", .9)}},
	{
		Visitor: "Tom", Language: "de", Agent: "Mia", Messages: []string{"Kann ich die Ware auch in der Filiale zurückgeben?"}, Hour: 10,
		Entries: []compose.Entry{entry("1", "de", "Wie kann ich Ware zurückgeben?", "Sie haben ein Rückgaberecht von 30 Tagen.\n\n**So geht es:**\n\n1. Rücksendeetikett unter [Mein Konto](https://laden.example/konto) ausdrucken.\n2. Paket verschließen.\n3. Bei der Post abgeben.\n\nEine Rückgabe in der Filiale ist ebenfalls möglich. Bitte bringen Sie dafür die Rechnung mit. Ausgenommen sind Hygieneartikel.", .9)}},
	{
		Visitor: "Tom", Language: "de", Messages: []string{"Was brauche ich zur Anmeldung?"}, Hour: 10, Position: compose.LaterReply,
		Entries: []compose.Entry{entry("1", "de", "Welche Unterlagen brauche ich?", "Für die Anmeldung brauchen Sie:\n* Personalausweis oder Reisepass,\n* eine Meldebescheinigung (max. 3 Monate alt).\n\nDr. Klein prüft die Unterlagen bis zum 15. des Monats. Danach erhalten Sie Bescheid.", .9), entry("2", "de", "Wo melde ich mich an?", "Online unter https://amt.example/anmeldung oder vor Ort.", .8)}},
	{
		Visitor: "", Language: "en", Messages: []string{"my code doesn't work"}, Hour: 18,
		Entries: []compose.Entry{entry("1", "en", "Why is my voucher code not accepted?", "Voucher codes can be used once. They cannot be combined with other offers. Please check that the minimum order value of $25.00 has been reached. If it still doesn't work, send us the code and we will check it.", .5), entry("2", "en", "Where do I enter a voucher code?", "You can enter it in the shopping cart, below the total.", .45), entry("3", "en", "How do I change my PIN code?", "In the app under Settings > Security.", .3)}},
	{
		Visitor: "Mr. Smith 2", Language: "en", Messages: []string{"How do I cancel my subscription?", "And will I get money back?"}, Hour: 7, Agent: "Sam",
		Entries: []compose.Entry{entry("1", "en", "How can I cancel my subscription?", "You can cancel at any time in your account under Subscription. The cancellation takes effect at the end of the billing period. Amounts already paid are not returned.", .9)}},
	{
		Visitor: "Åsa", Language: "en", Messages: []string{"opening hours sunday"}, Hour: 7,
		Entries: []compose.Entry{entry("1", "en", "What are your opening hours?", "Mon–Fri: 9 a.m.–6 p.m.\nSat: 10 a.m.–4 p.m.\nSun: closed", .9)}},
	{
		Visitor: "Åsa", Language: "en", Messages: []string{"is the API down?"}, Hour: 7,
		Entries: []compose.Entry{entry("1", "en", "Where can I see the system status?", "See `status.example`.", .9)}},
	{
		Visitor: "Åsa", Language: "fr", Messages: []string{"où est mon colis"}, Hour: 21, Position: compose.LaterReply,
		Entries: []compose.Entry{entry("1", "fr", "Où est ma commande ?", "Suivez votre colis grâce au lien reçu par e-mail. Il est mis à jour toutes les heures. En cas de retard, contactez M. Dupont.", .9)}},
	{
		Visitor: "Bob", Language: "en", Messages: []string{"wifi password?"}, Hour: 12,
		Entries: []compose.Entry{entry("1", "en", "What is the Wi-Fi password?", "No. 5 on the list at the desk, e.g. \"guest-2024\". Ask there!", .9)}},
	{
		Visitor: "Lea", Language: "es", Messages: []string{"hola"}, Hour: 12},
	{
		Visitor: "Lea", Language: "pl", Messages: []string{"nie działa mi logowanie do konta od wczoraj"}, Hour: 12},
	{
		Visitor: "Lea", Language: "ar", Messages: []string{"أريد معرفة حالة طلبي من فضلك"}, Hour: 12},
	{
		Visitor: "Lea", Language: "zz", Messages: []string{"bla bla bla bla"}, Hour: 12},
	{
		Visitor: "Pat", Language: "en", Messages: []string{"I forgot my password and the reset mail doesn't arrive"}, Hour: 14,
		Entries: []compose.Entry{entry("1", "en", "How do I reset my password?", "Click **Forgot password** on the login page and enter your e-mail address. You will receive a link that is valid for 60 minutes. If the e-mail does not arrive, look into your spam folder. Then try again.", .8)}},
	{
		Visitor: "Pat", Language: "en", Messages: []string{"are you open on christmas?"}, Hour: 14,
		Entries: []compose.Entry{entry("1", "en", "When are you open?", "We are open every day from 8 to 20. On December 25 and January 1 we are closed.", .6), entry("2", "en", "Where are you?", "12 Main St. in Dover.", .5)}},
	{
		Visitor: "Ute", Language: "de", Messages: []string{"Ich finde meine Rechnung nicht"}, Hour: 14,
		Entries: []compose.Entry{entry("1", "de", "Wo finde ich meine Rechnung?", "Deine Rechnung findest du in deinem Konto unter [Bestellungen](/orders). Sie wird beim Versand erstellt.", .6)}},
	{
		Visitor: "Ute", Language: "de", Messages: []string{"Wie kann ich kündigen?"}, Hour: 14,
		Entries: []compose.Entry{entry("1", "de", "Kann ich mein Abo kündigen?", "Ja, jederzeit zum Monatsende. Die Kündigung ist nur schriftlich möglich: per Brief oder an kuendigung@anbieter.example.", .6)}},
}
