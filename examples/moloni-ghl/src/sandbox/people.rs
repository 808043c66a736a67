use fastrand::Rng;

/// A made-up customer.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) nif: String,
    pub(super) email: String,
    pub(super) phone: String,
    pub(super) address: String,
    pub(super) city: &'static str,
    pub(super) postal_code: String,
}

const GIVEN: [&str; 24] = [
    "Ana",
    "Beatriz",
    "Carlos",
    "Catarina",
    "Daniel",
    "Diogo",
    "Duarte",
    "Filipa",
    "Francisco",
    "Inês",
    "João",
    "José",
    "Leonor",
    "Luís",
    "Margarida",
    "Mariana",
    "Matilde",
    "Miguel",
    "Nuno",
    "Patrícia",
    "Rui",
    "Sofia",
    "Teresa",
    "Tomás",
];
const FAMILY: [&str; 24] = [
    "Almeida",
    "Araújo",
    "Brandão",
    "Carvalho",
    "Conceição",
    "Correia",
    "Costa",
    "Fernandes",
    "Ferreira",
    "Gonçalves",
    "Guimarães",
    "Lopes",
    "Magalhães",
    "Marques",
    "Martins",
    "Mendonça",
    "Monteiro",
    "Moreira",
    "Nogueira",
    "Pinheiro",
    "Ramalho",
    "Simões",
    "Teixeira",
    "Vieira",
];
const TRADE: [&str; 12] = [
    "Carpintaria",
    "Padaria",
    "Oficina",
    "Clínica",
    "Farmácia",
    "Papelaria",
    "Transportes",
    "Construções",
    "Cerâmica",
    "Adega",
    "Confeções",
    "Gráfica",
];
const CITY: [(&str, u32); 10] = [
    ("Lisboa", 1000),
    ("Porto", 4000),
    ("Braga", 4700),
    ("Coimbra", 3000),
    ("Aveiro", 3800),
    ("Évora", 7000),
    ("Faro", 8000),
    ("Viseu", 3500),
    ("Setúbal", 2900),
    ("Guarda", 6300),
];
const STREET: [&str; 8] = [
    "Rua das Oliveiras",
    "Avenida da Liberdade",
    "Rua do Comércio",
    "Travessa do Moinho",
    "Largo da Igreja",
    "Rua de São João",
    "Rua Nova",
    "Estrada da Ponte",
];

fn choose<T: Copy>(random: &mut Rng, from: &[T], or: T) -> T {
    random.choice(from).copied().unwrap_or(or)
}

impl Person {
    /// The `number`-th person. Tax number, e-mail and phone are nobody else's.
    pub(super) fn new(number: u32, random: &mut Rng) -> Self {
        let (given, family) = (choose(random, &GIVEN, "Ana"), choose(random, &FAMILY, "Costa"));
        let company = number.is_multiple_of(3);
        let name = if company {
            format!("{} {family}, Lda", choose(random, &TRADE, "Padaria"))
        } else {
            format!("{given} {} {family}", choose(random, &FAMILY, "Lopes"))
        };
        let (city, code) = choose(random, &CITY, ("Lisboa", 1000));
        let mailbox = ascii(&format!("{given}.{family}.{number}"));
        Self {
            name,
            nif: nif(if company { 50_000_000 } else { 20_000_000 } + number),
            email: format!("{mailbox}@example.pt"),
            phone: format!("+3519{:08}", 10_000_000 + number),
            address: format!("{}, {}", choose(random, &STREET, "Rua Nova"), random.u32(1..200)),
            city,
            postal_code: format!("{:04}-{:03}", code + random.u32(0..90), random.u32(1..999)),
        }
    }
}

/// A name as people write it in an e-mail address.
fn ascii(text: &str) -> String {
    let lower = text.to_lowercase();
    let plain = lower.chars().map(|c| match c {
        'á' | 'à' | 'â' | 'ã' => 'a',
        'é' | 'ê' => 'e',
        'í' => 'i',
        'ó' | 'ô' | 'õ' => 'o',
        'ú' => 'u',
        'ç' => 'c',
        other => other,
    });
    plain.collect()
}

/// A tax number from its first eight digits: the ninth is the check digit.
pub(super) fn nif(first_eight: u32) -> String {
    let digits = format!("{first_eight:08}");
    let sum: u32 =
        (2..=9).rev().zip(digits.chars()).map(|(weight, c)| weight * c.to_digit(10).unwrap_or(0)).sum();
    let check = match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    format!("{digits}{check}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_right() {
        // The final consumer's, and a well-known example.
        assert_eq!(nif(99_999_999), "999999990");
        assert_eq!(nif(12_345_678), "123456789");
    }

    #[test]
    fn people_follow_from_the_seed() {
        let make = |seed| Person::new(1, &mut Rng::with_seed(seed));
        assert_eq!(make(1).name, make(1).name);
        assert!((1..50).any(|seed| make(seed).name != make(0).name));
    }
}
