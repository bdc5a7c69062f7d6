use std::time::Instant;
fn main(){
 for n in [64usize,1024,4096,16384]{
  let mut s="input x: [N, d]\ntarget y: [N, d]\n".to_owned(); s+=&"layer dense(d) -> tanh\n".repeat(n); s+="loss mse\n";
  let p=derive_syntax::parse_str(&s); let t=Instant::now(); let e=derive_elaborate::elaborate(&p.spec); println!("{n} {:?} {}",t.elapsed(), e.network.is_some());
 }
 let mut s="param x: [n]\n".to_owned(); for i in 0..20000 { s+=&format!("a{i} = x\nb{i} = q{i}\n"); } s+="loss sum(x)\n";
 let p=derive_syntax::parse_str(&s); let t=Instant::now(); let e=derive_elaborate::elaborate(&p.spec); println!("errors {:?} {}",t.elapsed(), e.diagnostics.len());
}
