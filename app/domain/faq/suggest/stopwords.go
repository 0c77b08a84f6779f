package suggest

// stopWords are the words that say little about the subject of a question, among them greetings and what people say around it.
var stopWords = map[string]string{
	"en": `a an the this that these those is are was were be been being am i i'm i've i'd i'll me my mine we our us you your yours he she it its it's his her
they them their to of in on at by for with from as into about and or but if so than then there here do does did doing done don't doesn't didn't
have has had having can can't cannot could couldn't will won't would wouldn't shall should may might must not no yes what which who whom whose
when where why how what's where's how's any some all just also too very please pls plz hi hello hey dear sir madam thanks thank ok okay u ur im
s t m d ll re ve get got know tell want need like let`,
	"de": `der die das den dem des ein eine einen einem einer eines und oder aber ist sind war waren sein bin bist hat habe haben hatte hast ich mich mir mein
meine meinen meinem meiner du dich dir dein deine er sie es ihn ihm ihr ihre ihren ihrem wir uns unser unsere euch euer man sich zu zum zur im in
an am auf aus bei bis durch für gegen mit nach ohne um unter über von vom vor wie was wer wen wem wo wann warum wieso weshalb welche welcher
welches kann kannst können könnte könnten konnte muss müssen soll sollte will wollen wollte möchte darf dürfen wird werden wurde würde nicht kein
keine keinen nur auch noch schon mal doch dann da hier dass daß ob wenn als so sehr bitte danke hallo hi guten tag moin ja nein gibt geht`,
	"fr": `le la les l un une des du de d et ou mais est sont était être suis es ai as a avons avez ont avoir je j me m moi mon ma mes tu te t ton ta tes il elle on
nous vous ils elles se s son sa ses notre nos votre vos leur leurs ce c cet cette ces ça cela à au aux en dans par pour sur sous avec sans chez
que qu qui quoi quel quelle quels quelles quand où comment pourquoi combien ne n pas plus non oui y peux peut pouvez puis-je puis pourrais dois
doit faut veux voudrais fait faire si très aussi bien svp merci bonjour salut bonsoir est-ce`,
	"es": `el la los las lo un una unos unas de del al a y o u pero es son era ser estar está están estoy soy he ha han haber hay yo me mi mis mí tú te tu tus
él ella nos nuestro nuestra ustedes vosotros ellos ellas se su sus le les este esta esto estos estas ese esa eso en por para con sin sobre
que qué quién cuál cuáles cuándo cuando dónde donde cómo como cuánto cuánta por qué no sí si puedo puede pueden podría debo quiero quisiera
necesito tengo tiene hacer muy más también ya gracias hola buenas buenos días tardes favor`,
	"it": `il lo la i gli le l un uno una di del dello della dei degli delle a al allo alla ai agli alle da dal dalla in nel nella con su sul sulla per tra fra
e ed o ma è sono era essere sto ho hai ha abbiamo avete hanno avere io mi me mio mia miei mie tu ti tuo tua lui lei noi ci nostro nostra voi vi
vostro vostra loro si suo sua questo questa questi queste quello quella che chi cosa quale quali quando dove come perché quanto non no sì se
posso può possono potrei devo voglio vorrei fare molto più anche già grazie ciao buongiorno salve favore`,
	"nl": `de het een en of maar is zijn was waren ben bent heb hebt heeft hebben had ik mij me mijn jij je jou jouw u uw hij zij ze hem haar hun wij we ons
onze jullie dit dat deze die er hier daar te van in op aan bij met voor door naar uit om over tot als dan wat wie welke welk waar wanneer
waarom hoe hoeveel kan kunt kunnen kon moet moeten mag wil wilt willen zou word wordt worden niet geen wel ook nog al even graag ja nee bedankt
hallo hoi dag`,
	"pt": `o a os as um uma uns umas de do da dos das em no na nos nas por pelo pela para com sem sobre e ou mas é são era ser estar está estão estou sou
eu me mim meu minha meus minhas tu te teu tua você vocês ele ela eles elas nós nosso nossa se seu sua seus suas este esta isto esse essa isso
que qual quais quem quando onde como quanto porque por não sim há tem tenho ter posso pode podem poderia devo quero queria preciso fazer muito
mais também já obrigado obrigada olá oi bom dia favor`,
	"sv": `en ett den det de och eller men är var vara har hade ha jag mig min mitt mina du dig din ditt dina han hon vi oss vår vårt ni er era sig sin i på av
för med till från om att som vad vem vilken vilket när var varför hur kan kunde ska skulle måste vill får inte ingen också så mycket snälla tack
hej ja nej`,
	"da": `en et den det de og eller men er var være har havde jeg mig min mit mine du dig din dit dine han hun vi os vores i jer jeres sig sin på af for med
til fra om at som hvad hvem hvilken hvilket hvornår hvor hvorfor hvordan kan kunne skal skulle må vil ville ikke ingen også så meget tak hej ja
nej venligst`,
	"no": `en ei et den det de og eller men er var være har hadde jeg meg min mitt mine du deg din ditt dine han hun vi oss vår vårt dere seg sin i på av for
med til fra om at som hva hvem hvilken hvilket når hvor hvorfor hvordan kan kunne skal skulle må vil ville ikke ingen også så mye takk hei ja
nei`,
	"fi": `ja tai mutta on ovat oli olla olen minä minun minulla sinä sinun hän me meidän te teidän he se tämä tuo ne nämä mikä mitä mitkä kuka missä mistä
milloin miksi miten kuinka voi voin voiko voinko pitää ei en eikö kyllä myös vain kiitos hei moi`,
	"pl": `i a o w z na do od dla po przez przy za ze we u ale lub czy jest są był być mam ma mają ja mi mnie mój moja moje ty twój on ona my nas nasz wy
państwo oni się swój ten ta to te co kto jaki jaka jakie który gdzie kiedy dlaczego jak ile nie tak mogę może można muszę chcę chciałbym proszę
dziękuję dzień dobry cześć`,
	"cs": `a i o v z na do od pro po přes při za ze se si ale nebo je jsou byl být mám má já mi mě můj moje ty tvůj on ona my nás náš vy váš oni ten ta to co
kdo jaký jaká který kde kdy proč jak kolik ne ano mohu můžu může musím chci prosím děkuji dobrý den ahoj`,
	"ru": `и а но или в во на с со к ко у о об от до для по из за при без я мне меня мой моя моё мои ты тебе твой вы вам вас ваш он она оно они мы нам нас
наш это этот эта эти тот что кто какой какая какие который где когда почему зачем как сколько не нет да ли есть быть был могу может можно нужно
надо хочу бы уже еще ещё очень пожалуйста спасибо здравствуйте привет`,
	"uk": `і й та а але або в у на з із до від для по за при без я мені мене мій моя моє мої ти тобі ви вам вас ваш він вона вони ми нам нас наш це цей ця ці
що хто який яка які де коли чому як скільки не ні так чи є бути можу може можна треба хочу вже ще дуже будь ласка дякую вітаю привіт`,
	"tr": `ve veya ama bir bu şu o ben beni bana benim sen sana senin biz bize bizim siz size sizin onlar ne neden niçin niye nasıl nerede nereye nereden
ne zaman kim hangi kaç mi mı mu mü için ile gibi da de ki var yok değil evet hayır çok daha lütfen teşekkürler merhaba selam`,
	"ro": `și sau dar este sunt era fi am ai are avem au eu mă mie meu mea tu te ta tău el ea noi ne nostru voi vă vostru ei ele se său un o unui unei al a
ale de la în pe cu din pentru prin ce cine care când unde cum cât cât de nu da pot poate vreau trebuie mai foarte mulțumesc bună salut`,
	"hu": `a az egy és vagy de van vannak volt lenni én nekem engem te neked ő mi nekünk ti nektek ők ez azt ezt ami mi mit ki hol hova honnan mikor miért
hogyan hogy mennyi nem igen is csak már még nagyon kérem köszönöm szia helló jó napot`,
	"ar": `في من على إلى الى عن مع هل ما ماذا من متى أين اين كيف لماذا كم هذا هذه ذلك التي الذي أنا انا نحن أنت هو هي هم لا نعم لم لن قد كان أن ان و أو او
يمكن يمكنني أريد اريد شكرا مرحبا السلام عليكم فضلك`,
}
