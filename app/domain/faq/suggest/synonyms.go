package suggest

// synonyms are words that customers and shops use for the same thing, a group a line. They are common to all trades.
var synonyms = map[string]string{
	"en": `refund reimbursement repay repayment
parcel package shipment consignment
delivery shipping dispatch shipment
deliver ship dispatch send
buy purchase order
price cost fee charge
bill invoice receipt
pay payment
cancel cancellation annul revoke
return exchange
replace replacement exchange swap
broken damaged defective faulty
late delayed delay
status track tracking
contact call phone telephone reach
email mail e-mail
voucher coupon promo promotion discount
account profile
password passcode
login signin log-in
register signup registration
change modify edit update alter
delete remove erase close
stop end terminate
store shop outlet branch
agent human representative operator person staff advisor
help support assistance assist
problem issue error trouble
genuine original authentic real
fake counterfeit
available availability stock
abroad international overseas foreign
begin start
address location
mobile cell cellphone phone
subscription membership plan
app application
fast quick quickly soon
allow permit
repair fix
warranty guarantee
photo picture image
document paper
child kid children
open opening hours
job career vacancy
renew extend extension renewal
upgrade update
transfer move
money cash
size sizing
color colour
lost missing
fill complete
receive get arrive
choose select pick
car vehicle`,
	"de": `erstattung rückerstattung geld gutschrift
paket sendung lieferung päckchen
versand lieferung zustellung
liefern versenden schicken verschicken
kaufen bestellen erwerben
preis kosten gebühr
rechnung beleg quittung
zahlen bezahlen zahlung bezahlung
stornieren abbrechen widerrufen kündigen
rückgabe retoure rücksendung
zurückgeben zurückschicken zurücksenden retournieren
umtausch umtauschen austauschen tauschen
kaputt defekt beschädigt
verspätet verzögert verspätung verzögerung
status verfolgen sendungsverfolgung tracking
kontakt telefon anrufen erreichen
email mail e-mail
gutschein rabatt code
konto account profil
passwort kennwort
anmelden einloggen login
registrieren registrierung anmeldung
ändern bearbeiten anpassen aktualisieren
löschen entfernen
laden geschäft filiale
mitarbeiter berater mensch
hilfe unterstützung support
problem fehler störung
echt original
verfügbar lieferbar vorrätig
ausland international
adresse anschrift
handy mobiltelefon smartphone
abo abonnement mitgliedschaft
garantie gewährleistung
reparatur reparieren`,
	"fr": `remboursement rembourser
colis paquet envoi
livraison expédition envoi
livrer expédier envoyer
acheter commander
prix coût tarif frais
facture reçu
payer paiement régler règlement
annuler annulation résilier
retour retourner renvoyer
échange échanger remplacer
cassé endommagé défectueux abîmé
retard retardé
suivi suivre statut
contact téléphone appeler joindre contacter
email mail courriel
coupon bon promo réduction remise
compte profil
connexion connecter identifier
inscription inscrire enregistrer
changer modifier
supprimer effacer
magasin boutique
conseiller agent humain
aide assistance support
problème erreur souci
disponible stock
étranger international
mobile portable téléphone
abonnement adhésion
garantie assurance`,
	"es": `reembolso devolución
paquete envío pedido
entrega envío
entregar enviar
comprar pedir
precio coste costo tarifa
factura recibo
pagar pago abonar
cancelar anular
devolver devolución
cambio cambiar reemplazar
roto dañado defectuoso
retraso retrasado tarde
seguimiento rastrear estado
contacto teléfono llamar contactar
correo email mail
cupón descuento promoción código
cuenta perfil
contraseña clave
tienda local
agente humano persona asesor
ayuda soporte asistencia
problema error
disponible existencias
extranjero internacional
móvil celular teléfono
modificar cambiar
eliminar borrar`,
	"it": `rimborso rimborsare
pacco spedizione collo
consegna spedizione
consegnare spedire inviare
comprare acquistare ordinare
prezzo costo tariffa
fattura ricevuta
pagare pagamento
annullare cancellare disdire
reso restituire
cambio cambiare sostituire
rotto danneggiato difettoso
ritardo ritardato
contatto telefono chiamare contattare
buono sconto codice coupon
negozio punto
problema errore
aiuto assistenza supporto`,
	"nl": `terugbetaling geld
pakket zending bestelling
bezorging levering verzending
bezorgen leveren verzenden versturen
kopen bestellen
prijs kosten tarief
factuur rekening bon
betalen betaling
annuleren opzeggen
retour retourneren terugsturen
ruilen omruilen
kapot defect beschadigd
vertraagd vertraging
contact telefoon bellen
kortingscode korting coupon
wachtwoord code
winkel filiaal
medewerker agent
hulp ondersteuning
probleem fout storing`,
	"pt": `reembolso devolução estorno
pacote encomenda envio
entrega envio
entregar enviar
comprar pedir
preço custo taxa
fatura recibo
pagar pagamento
cancelar anular
troca trocar substituir
quebrado danificado defeituoso
atraso atrasado
contato contacto telefone ligar
cupom desconto promoção
senha palavra-passe
loja filial
ajuda suporte
problema erro`,
}
