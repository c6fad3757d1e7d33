//! Adam, AdamW and gradient descent in Rust, for the conformance suite: see docs/guides/protocol.md.
//!
//! cargo build --release && adamcore smoke --exec target/release/adam

use std::io::{stdin, BufRead};

const HELLO: &str = concat!(
    r#""protocol":1,"name":"adam.rs","version":"1","language":"Rust","claims":{"rules":["adam","adamw","sgd"],"#,
    r#""hyperparameters":["lr","beta1","beta2","eps","weight_decay","weight_decay_mode","maximize"],"#,
    r#""dtypes":["float32","float64"],"schedules":true}"#
);

// The protocol: keys are unique in a line, and there are no spaces, so that searching for them is enough.

/// The text that follows a key.
fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let quoted = format!("\"{key}\":");
    line.find(&quoted).map(|at| &line[at + quoted.len()..])
}

/// A text or a word without its quotes; a number, or a switch.
fn plain<'a>(line: &'a str, key: &str) -> &'a str {
    let text = value(line, key).unwrap_or("").trim_start_matches('"');
    text.split(['"', ',', '}']).next().unwrap_or("")
}

fn claimed(line: &str) -> bool {
    ["adam", "adamw", "sgd"].contains(&plain(line, "rule")) && ["float32", "float64"].contains(&plain(line, "dtype"))
}

fn real(line: &str, key: &str) -> f64 {
    u64::from_str_radix(plain(line, key), 16).map_or(0.0, f64::from_bits)
}

/// The elements of an array, as f64 whatever they are; none if there is no such key.
fn array(line: &str, key: &str) -> Vec<f64> {
    let inside = value(line, key).and_then(|text| text[1..].split(']').next()).unwrap_or("");
    let words = inside.split(',').map(|word| word.trim_matches('"')).filter(|word| !word.is_empty());
    let bits = words.map(|word| (word.len(), u64::from_str_radix(word, 16).unwrap_or(0)));
    bits.map(|(digits, x)| if digits == 8 { f32::from_bits(x as u32).into() } else { f64::from_bits(x) }).collect()
}

/// (a + b) (x + y) to 100 bits.
fn times((a, b): (f64, f64), (x, y): (f64, f64)) -> (f64, f64) {
    let p = a * x;
    let e = a.mul_add(x, -p) + (a * y + b * x);
    (p + e, e - ((p + e) - p))
}

/// 1 - beta^t, without cancellation.
fn complement(beta: f64, mut t: u64) -> f64 {
    let (mut power, mut square) = ((1.0, 0.0), (beta, 0.0));
    while t > 0 {
        power = if t & 1 == 1 { times(power, square) } else { power };
        (square, t) = (times(square, square), t >> 1);
    }
    let q = 1.0 - power.0;
    q + (((1.0 - q) - power.0) - power.1)
}

/// The optimizer: what was loaded, with the arrays as f64, whatever they are computed in.
#[derive(Default)]
struct Optimizer {
    loaded: String,
    t: u64,
    arrays: [Vec<f64>; 3], // theta, m, v
}

/// One step in a type: scalars in f64, rounded once; arrays in the type.
macro_rules! step {
    ($name:ident, $real:ty) => {
        fn $name(&mut self, lr: f64, grad: &[f64]) {
            let [beta1, beta2, eps, decay] = ["beta1", "beta2", "eps", "weight_decay"].map(|x| real(&self.loaded, x));
            let (adam, up) = (plain(&self.loaded, "rule") != "sgd", plain(&self.loaded, "maximize") == "true");
            let (used, mode) = (decay != 0.0, plain(&self.loaded, "weight_decay_mode"));
            let (b1, w1, b2, w2) = (beta1 as $real, (1.0 - beta1) as $real, beta2 as $real, (1.0 - beta2) as $real);
            let alpha = if adam { lr / complement(beta1, self.t) } else { lr } as $real;
            let (r, eps) = ((1.0 / complement(beta2, self.t).sqrt()) as $real, eps as $real);
            let amount = if mode == "decoupled" { lr * decay } else { decay } as $real;
            let [theta, m, v] = &mut self.arrays;
            for i in 0..theta.len() {
                let (x, mut g) = (theta[i] as $real, if up { -grad[i] } else { grad[i] } as $real);
                g = if used && mode == "coupled" { g + amount * x } else { g };
                let mut u = -alpha * g;
                if adam {
                    let first = b1 * (m[i] as $real) + w1 * g;
                    let second = b2 * (v[i] as $real) + (w2 * g) * g;
                    let d = second.sqrt() * r + eps;
                    u = -alpha * if d == 0.0 { 0.0 * first } else { first / d };
                    (m[i], v[i]) = (first.into(), second.into());
                }
                u = if used && mode != "coupled" { u - amount * x } else { u };
                theta[i] = if u == 0.0 { x } else { x + u }.into(); // no step keeps -0
            }
        }
    };
}

impl Optimizer {
    step!(step32, f32);
    step!(step64, f64);

    fn single(&self) -> bool {
        plain(&self.loaded, "dtype") == "float32"
    }

    fn load(line: &str) -> Self {
        let arrays = ["theta", "m", "v"].map(|name| array(line, name));
        let n = arrays[0].len();
        let arrays = arrays.map(|x| if x.is_empty() { vec![0.0; n] } else { x });
        Optimizer { loaded: line.into(), t: plain(line, "t").parse().unwrap_or(0), arrays }
    }

    fn state(&self) -> String {
        let bits = |x: f64| if self.single() { (x as f32).to_bits().into() } else { x.to_bits() };
        let word = |x: &f64| format!("\"{:0digits$x}\"", bits(*x), digits = if self.single() { 8 } else { 16 });
        let words = |x: &[f64]| x.iter().map(word).collect::<Vec<_>>().join(",");
        let [theta, m, v] = self.arrays.each_ref().map(|x| words(x));
        let slots = format!(r#","m":[{m}],"v":[{v}]"#);
        let slots = if plain(&self.loaded, "rule") == "sgd" { "" } else { &slots };
        format!(r#""state":{{"t":{},"theta":[{theta}]{slots}}}"#, self.t)
    }

    fn answer(&mut self, line: &str) -> String {
        match plain(line, "cmd") {
            "start" => return HELLO.into(),
            "read" => return self.state(),
            "load" if !claimed(line) => return r#""skipped":true,"reason":"no such rule and dtype here""#.into(),
            "load" => *self = Self::load(line),
            _ => {
                self.t += 1;
                let lr = real(if value(line, "lr").is_some() { line } else { &self.loaded }, "lr");
                let step = if self.single() { Self::step32 } else { Self::step64 };
                step(self, lr, &array(line, "grad"));
            }
        }
        r#""ok":true"#.into()
    }
}

fn main() {
    let mut optimizer = Optimizer::default();
    let lines = stdin().lock().lines().map_while(Result::ok);
    for line in lines.take_while(|line| plain(line, "cmd") != "stop") {
        let answer = optimizer.answer(&line);
        println!("{{\"seq\":{},{answer}}}", plain(&line, "seq")); // a line is flushed at its end
    }
}
