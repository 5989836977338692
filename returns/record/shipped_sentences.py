"""The sentences for shoppers that the desk is shipped with. Managers can replace them."""

from returns.models import Language, State

MONTH_NAMES = {
    Language.TURKISH: (
        *("Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran"),
        *("Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım", "Aralık"),
    ),
    Language.ENGLISH: (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    Language.GERMAN: (
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ),
}

# No suffixes on placeholders: in Turkish they depend on the sounds of the word before.
SHIPPED_TEXTS = {
    (State.CREATED, Language.TURKISH): (
        "Merhaba, {reference} numaralı iadeniz kaydedildi[ (sipariş no: {order})]. Paketiniz "
        "henüz depomuza ulaşmadı.[ Kargo takip numarası: {tracking}.] Ulaşınca inceleyip size"
        " bilgi vereceğiz."
    ),
    (State.CREATED, Language.ENGLISH): (
        "Hello, your return {reference}[ for order {order}] has been registered. Your parcel "
        "has not reached our warehouse yet.[ Its tracking number is {tracking}.] As soon as "
        "it arrives we will inspect it and let you know."
    ),
    (State.CREATED, Language.GERMAN): (
        "Guten Tag, Ihre Rücksendung {reference}[ zur Bestellung {order}] ist angemeldet. Ihr"
        " Paket ist noch nicht in unserem Lager eingetroffen.[ Die Sendungsnummer lautet "
        "{tracking}.] Sobald es da ist, prüfen wir es und melden uns bei Ihnen."
    ),
    (State.ARRIVED, Language.TURKISH): (
        "Merhaba, {reference} numaralı iadeniz depomuza ulaştı[ (sipariş no: {order})]; varış"
        " tarihi: {arrived}. Paketiniz inceleme için sırada bekliyor. İnceleme bitince size "
        "bilgi vereceğiz."
    ),
    (State.ARRIVED, Language.ENGLISH): (
        "Hello, your return {reference}[ for order {order}] reached our warehouse on "
        "{arrived} and is waiting to be inspected. We will let you know as soon as that is "
        "done."
    ),
    (State.ARRIVED, Language.GERMAN): (
        "Guten Tag, Ihre Rücksendung {reference}[ zur Bestellung {order}] ist am {arrived} in"
        " unserem Lager eingetroffen und wartet auf die Prüfung. Sobald sie abgeschlossen "
        "ist, melden wir uns bei Ihnen."
    ),
    (State.COMPLETED, Language.TURKISH): (
        "Merhaba, {reference} numaralı iadenizin işlemleri tamamlandı[ (sipariş no: "
        "{order})]; tamamlanma tarihi: {completed}. Sabrınız için teşekkür ederiz."
    ),
    (State.COMPLETED, Language.ENGLISH): (
        "Hello, your return {reference}[ for order {order}] was completed on {completed}. "
        "Thank you for your patience."
    ),
    (State.COMPLETED, Language.GERMAN): (
        "Guten Tag, Ihre Rücksendung {reference}[ zur Bestellung {order}] wurde am "
        "{completed} abgeschlossen. Vielen Dank für Ihre Geduld."
    ),
}
